// The chosen frame: its pictures, the slider between two of them, and what is known of it.
const KINDS = { frame: "source", motion: "object motion", motion_map: "motion saliency", target: "target", boosted: "boosted", doubt: "doubt", truth: "truth" };
const MAPS = new Set(["motion_map", "target", "boosted", "truth"]);
const byId = (id) => document.getElementById(id);

function make(tag, properties = {}, ...children) {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children);
  return made;
}

function score(value, digits = 2) { return value === null || value === undefined ? "?" : value.toFixed(digits).replace(/^0(?=\.)/, ""); }

class Viewer {
  // ``live`` gives the address of any picture of any frame, where a server does; without, pictures are those of the data.
  constructor(data, live = null) {
    Object.assign(this, { data, live, frame: 0, listeners: [], flagOf: new Map() });
    this.full = new Map(data.full.map((shown) => [shown.index, shown]));
    this.mined = new Set(data.mined);
    for (const [flag, frames] of Object.entries(data.flags)) for (const t of frames) this.flagOf.set(t, flag);
    this.timeline = new Timeline(byId("timeline"), byId("legend"), data, (t) => this.choose(t));
    this.first = data.full.filter((shown) => shown.why !== "overview" && shown.why !== "learned from").map((shown) => shown.index);
    this.fillFirst();
    this.fillStrip();
    this.fillLearned();
    this.fillKinds();
    for (const [id, step] of [["previous", -1], ["next", 1]]) byId(id).addEventListener("click", () => this.choose(this.frame + step));
    byId("zoom-in").addEventListener("click", () => this.timeline.zoom(0.5));
    byId("zoom-out").addEventListener("click", () => this.timeline.zoom(2));
    byId("compare").style.maxWidth = byId("slider").style.maxWidth = `min(860px, calc(75vh * ${data.size[1] / data.size[0]}))`;
    for (const id of ["compare", "pictures"]) byId(id).style.setProperty("--ratio", `${data.size[1]} / ${data.size[0]}`);
    byId("pictures").classList.toggle("tall", data.size[0] > data.size[1]);
    byId("number").max = data.count - 1;
    byId("number").addEventListener("change", (event) => this.choose(Number(event.target.value)));
    byId("slider").addEventListener("input", () => this.slide());
    byId("compare").addEventListener("pointermove", (event) => { if (event.buttons || event.pointerType === "touch") this.drag(event); });
    byId("compare").addEventListener("pointerdown", (event) => this.drag(event));
    for (const id of ["left-kind", "right-kind", "over"]) byId(id).addEventListener("change", () => this.showCompared());
    document.addEventListener("keydown", (event) => this.key(event));
    byId("help").addEventListener("click", () => byId("keys").showModal());
    this.slide();
    this.choose(this.first.length ? this.first[0] : 0);
  }

  // The pictures of a frame: in full, else the nearest thumbnail.
  pictures(t) {
    if (this.full.has(t)) return { of: t, small: false, pictures: this.full.get(t).pictures };
    if (this.live) return { of: t, small: false, pictures: this.live(t) };
    const near = this.nearestThumb(t);
    return near ? { of: near.index, small: true, pictures: near } : { of: t, small: true, pictures: {} };
  }

  nearestThumb(t) {
    return this.data.thumbs.reduce((best, thumb) => (best === null || Math.abs(thumb.index - t) < Math.abs(best.index - t) ? thumb : best), null);
  }

  choose(t) {
    if (!Number.isFinite(t)) return;
    this.frame = Math.min(Math.max(0, Math.round(t)), Math.max(this.data.count - 1, 0));
    this.timeline.show(this.frame);
    this.shown = this.pictures(this.frame);
    this.showFacts();
    this.showPictures();
    this.showCompared();
    this.markCurrent();
    for (const listener of this.listeners) listener(this.frame);
  }

  value(key, t = this.frame) { return this.data.columns[key] ? this.data.columns[key][t] : null; }

  describe(t) {
    const words = [`frame ${t}`, `trust ${score(this.value("trust", t))}`];
    if (this.flagOf.has(t)) words.push(this.flagOf.get(t).replace(/_/g, " "));
    return words.join(", ");
  }

  showFacts() {
    const t = this.frame, low = this.value("trust_low"), high = this.value("trust_high"), facts = byId("facts");
    const interval = low === null || high === null ? "" : ` (${score(low)} to ${score(high)})`;
    const rows = [["trust", score(this.value("trust")) + interval], ["target's trust", score(this.value("target_trust"))], ["motion quality", score(this.value("quality"))],
      ["changed by", score(this.value("change"), 3)]].filter(([, text]) => text !== "?");
    facts.replaceChildren(...rows.map(([name, text]) => make("li", {}, `${name} `, make("b", {}, text))));
    if (this.mined.has(t)) facts.append(make("li", { className: "good" }, "learned from"));
    if (this.flagOf.has(t)) facts.append(make("li", { className: "flag" }, this.flagOf.get(t)));
    byId("number").value = t;
    byId("frame-name").textContent = this.data.names[t] === undefined ? "" : `named ${this.data.names[t]}`;
    const slider = byId("timeline");
    slider.setAttribute("aria-valuenow", t);
    slider.setAttribute("aria-valuetext", this.describe(t));
    byId("note").textContent = !this.shown.small ? "" : this.shown.of === t ? "Of this frame there are small pictures only." : `There is no picture of this frame; these small ones are of frame ${this.shown.of}.`;
  }

  altOf(kind) { return `${KINDS[kind]} of frame ${this.shown.of}`; }

  showPictures() {
    const { pictures } = this.shown;
    const figures = Object.keys(KINDS).filter((kind) => pictures[kind]).map((kind) =>
      make("figure", {}, make("img", { src: pictures[kind], alt: this.altOf(kind), decoding: "async" }), make("figcaption", {}, KINDS[kind])));
    if (!figures.length) figures.push(make("div", { className: "empty" }, "There is no picture of this frame."));
    byId("pictures").replaceChildren(...figures);
  }

  fillKinds() {
    const there = Object.keys(KINDS).filter((kind) => (this.live && kind in this.live(0)) || this.data.full.some((shown) => shown.pictures[kind]) || this.data.thumbs.some((thumb) => thumb[kind]));
    const wanted = { "left-kind": there.includes("target") ? "target" : "frame", "right-kind": "boosted" };
    for (const [id, kind] of Object.entries(wanted)) {
      byId(id).replaceChildren(...there.map((name) => make("option", { value: name, selected: name === kind }, KINDS[name])));
    }
  }

  showCompared() {
    const { pictures } = this.shown;
    for (const side of ["left", "right"]) {
      const kind = byId(`${side}-kind`).value, layer = byId(side), parts = [];
      const over = byId("over").checked && MAPS.has(kind) && pictures.frame && pictures[kind];
      if (over) parts.push(make("img", { src: pictures.frame, alt: "" }));
      if (pictures[kind]) parts.push(make("img", { src: pictures[kind], alt: this.altOf(kind) }));
      else parts.push(make("div", { className: "empty" }, `no ${KINDS[kind] || "picture"} here`));
      layer.replaceChildren(...parts);
      byId(`${side}-name`).textContent = KINDS[kind] || "";
    }
  }

  slide() {
    byId("compare").style.setProperty("--at", `${byId("slider").value}%`);
  }

  drag(event) {
    const box = byId("compare").getBoundingClientRect();
    byId("slider").value = Math.round(100 * (event.clientX - box.left) / box.width);
    this.slide();
  }

  thumbButton(t, source, caption) {
    const button = make("button", { type: "button" }, make("img", { src: source || "data:,", alt: "", loading: "lazy", decoding: "async" }), caption);
    button.setAttribute("aria-label", this.describe(t));
    button.dataset.frame = t;
    button.addEventListener("click", () => this.choose(t));
    return make("li", {}, button);
  }

  fillFirst() {
    const shown = this.data.full.filter(({ index }) => this.first.includes(index));
    byId("first").replaceChildren(...shown.map(({ index, why, pictures }) => this.thumbButton(index, pictures.frame, `${index}: ${why}${why === "least trust" ? ` ${score(this.value("trust", index))}` : ""}`)));
    byId("first-section").hidden = !shown.length;
  }

  fillStrip() {
    byId("strip").replaceChildren(...this.data.thumbs.map((thumb) => this.thumbButton(thumb.index, thumb.frame, `${thumb.index}`)));
  }

  fillLearned() {
    const step = Math.max(1, Math.ceil(this.data.mined.length / 24));
    const picked = this.data.mined.filter((_, i) => i % step === 0);
    byId("learned").replaceChildren(...picked.map((t) => { const near = this.nearestThumb(t); return this.thumbButton(t, near && near.frame, `${t}`); }));
  }

  // One thumbnail of the strip is in the tab order: the nearest to the chosen frame.
  markCurrent() {
    const near = this.nearestThumb(this.frame);
    for (const button of byId("strip").querySelectorAll("button")) {
      const current = near !== null && Number(button.dataset.frame) === near.index;
      button.tabIndex = current ? 0 : -1;
      current ? button.setAttribute("aria-current", "true") : button.removeAttribute("aria-current");
      if (current) byId("strip").scrollLeft = button.offsetLeft - byId("strip").offsetLeft - byId("strip").clientWidth / 2 + 66;
    }
  }

  key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input, select, textarea, dialog")) return;
    const step = event.shiftKey ? 10 : 1, last = this.data.count - 1, place = this.first.indexOf(this.frame);
    const to = { ArrowLeft: this.frame - step, ArrowRight: this.frame + step, PageUp: this.frame - 10, PageDown: this.frame + 10, Home: 0, End: last }[event.key];
    if (to !== undefined) this.choose(to);
    else if (event.key === "n" && this.first.length) this.choose(this.first[(place + 1) % this.first.length]);
    else if (event.key === "p" && this.first.length) this.choose(this.first[(Math.max(place, 0) + this.first.length - 1) % this.first.length]);
    else if (event.key === "+") this.timeline.zoom(0.5);
    else if (event.key === "-") this.timeline.zoom(2);
    else if (event.key === "s") byId("slider").focus();
    else if (event.key === "?") byId("keys").showModal();
    else return;
    event.preventDefault();
    if (event.target.closest("#strip") && to !== undefined) byId("strip").querySelector('[tabindex="0"]').focus({ preventScroll: true });
  }
}
