// Painting a frame: brush, polygon, parts; every change is kept by the server at once, and can be undone there.
const HELP = {
  brush: "Draw over what is (or is not) the object.",
  polygon: "Press its corners one after the other; press the first one again, or Enter, to close it; Escape gives it up.",
  part: "Press a part: what looks like it is taken in; of what is not the object, a piece that stands alone goes as a whole.",
};

class Painter {
  constructor(viewer, studio, ask, complain) {
    Object.assign(this, { viewer, studio, ask, complain, tool: "brush", adds: true, open: false, corners: [], listeners: [], loading: null, saving: Promise.resolve() });
    this.mask = new Mask(byId("mask"), studio.size[1], studio.size[0]);
    this.marks = byId("marks");
    this.marks.width = this.mask.width;
    this.marks.height = this.mask.height;
    this.cross = [this.mask.width / 2, this.mask.height / 2];
    byId("easel").style.aspectRatio = `${this.mask.width} / ${this.mask.height}`;
    byId("easel").style.maxWidth = `min(960px, calc(80vh * ${this.mask.width / this.mask.height}))`;
    byId("brush-size").value = Math.max(4, Math.round(this.mask.height / 20));
    byId("paint").addEventListener("click", () => this.toggle());
    for (const button of document.querySelectorAll("[data-tool]")) button.addEventListener("click", () => this.choose(button.dataset.tool));
    byId("adds").addEventListener("click", () => this.sign(true));
    byId("removes").addEventListener("click", () => this.sign(false));
    byId("undo").addEventListener("click", () => this.step(0));
    byId("redo").addEventListener("click", () => this.step(1));
    byId("empty").addEventListener("click", () => { this.load(null); this.mask.clear(); this.save(); });
    const canvas = byId("mask");
    canvas.addEventListener("pointerdown", (event) => this.down(event));
    canvas.addEventListener("pointermove", (event) => this.move(event));
    for (const end of ["pointerup", "pointercancel"]) canvas.addEventListener(end, () => this.up());
    canvas.addEventListener("keydown", (event) => this.keyOnMask(event));
    document.addEventListener("keydown", (event) => this.key(event));
    viewer.listeners.push(() => this.shown());
    this.choose("brush");
    this.shown();
  }

  get frame() { return this.viewer.frame; }
  get history() { return this.studio.labels[this.frame] || { versions: 0, at: 0, revision: 0 }; }
  address(rest) { return `${this.studio.base}/${rest}`; }

  toggle() {
    this.open = !this.open;
    byId("painter").hidden = !this.open;
    byId("paint").setAttribute("aria-pressed", String(this.open));
    byId("paint").textContent = this.open ? "Stop painting" : "Paint this frame";
    for (const listener of this.listeners) listener();
    this.shown();
    if (this.open) byId("easel").scrollIntoView({ block: "nearest" });
  }

  choose(tool) {
    this.tool = tool;
    this.giveUp();
    for (const button of document.querySelectorAll("[data-tool]")) button.setAttribute("aria-pressed", String(button.dataset.tool === tool));
    byId("tool-help").textContent = HELP[tool];
  }

  sign(adds) {
    this.adds = adds;
    byId("adds").setAttribute("aria-pressed", String(adds));
    byId("removes").setAttribute("aria-pressed", String(!adds));
  }

  // The frame's own label, else the present map at one half: what is right there need not be painted.
  async shown() {
    const { frame } = this, { at, versions, revision } = this.history;
    byId("label-state").textContent = at ? "has a label" : "has no label yet; painting starts from the boosted map";
    byId("undo").disabled = !at;
    byId("redo").disabled = at >= versions;
    this.giveUp();
    if (!this.open) return;
    const own = this.load({});
    byId("easel-frame").src = this.ask.address(this.address(`frame/${frame}`));
    byId("easel-frame").alt = `source of frame ${frame}`;
    const source = at ? this.address(`label/${frame}`) : this.address(`map/${this.studio.round}/${frame}`);
    try {
      const bits = await Mask.bitsOf(this.ask.address(source, { revision }), this.mask.width, this.mask.height);
      if (this.loading === own) this.mask.set(bits);
    } catch { if (this.loading === own) this.complain("The mask of this frame cannot be read; the studio may have been ended."); }
    if (this.loading === own) this.load(null);
  }

  // While a mask is on its way nothing is painted: it would be painted over.
  load(own) {
    this.loading = own;
    byId("easel").setAttribute("aria-busy", String(own !== null));
    return own;
  }

  place(event) {
    const box = byId("mask").getBoundingClientRect();
    return [(event.clientX - box.left) * this.mask.width / box.width, (event.clientY - box.top) * this.mask.height / box.height];
  }

  size() { return Math.max(1, Number(byId("brush-size").value) || 1); }

  down(event) {
    if (event.button || this.loading) return;
    byId("mask").setPointerCapture(event.pointerId);
    this.cross = this.place(event);
    if (this.tool === "brush") { this.line = [this.cross]; this.mask.stroke(this.line, this.size(), this.adds); }
    else this.use();
  }

  move(event) {
    if (!this.line) return;
    const point = this.place(event);
    this.mask.stroke([this.line[this.line.length - 1], point], this.size(), this.adds);
    this.line.push(point);
  }

  up() {
    if (!this.line) return;
    this.line = null;
    this.save();
  }

  // The tool at the cross: by mouse where it was pressed, by keyboard where the arrows led.
  use() {
    if (this.loading) return;
    const [x, y] = this.cross;
    if (this.tool === "brush") { this.mask.stroke([this.cross], this.size(), this.adds); this.save(); }
    else if (this.tool === "part") this.part(x, y);
    else {
      const first = this.corners[0];
      if (this.corners.length > 2 && Math.hypot(first[0] - x, first[1] - y) < this.mask.width / 60) this.close();
      else { this.corners.push([x, y]); this.drawMarks(); }
    }
  }

  close() {
    if (this.corners.length < 3) return;
    this.mask.fill(this.corners, this.adds);
    this.giveUp();
    this.save();
  }

  giveUp() { this.corners = []; this.drawMarks(); }

  drawMarks(cross = false) {
    const pen = this.marks.getContext("2d"), unit = Math.max(1, this.mask.width / 480);
    pen.clearRect(0, 0, this.marks.width, this.marks.height);
    pen.lineWidth = 2 * unit;
    pen.strokeStyle = pen.fillStyle = "#ffd84d";
    pen.beginPath();
    this.corners.forEach(([x, y], i) => (i ? pen.lineTo(x, y) : pen.moveTo(x, y)));
    pen.stroke();
    for (const [x, y] of this.corners) pen.fillRect(x - 3 * unit, y - 3 * unit, 6 * unit, 6 * unit);
    if (!cross) return;
    const [x, y] = this.cross;
    pen.fillRect(x - 8 * unit, y - unit, 16 * unit, 2 * unit);
    pen.fillRect(x - unit, y - 8 * unit, 2 * unit, 16 * unit);
  }

  async part(x, y) {
    const { frame } = this, { width, height } = this.mask, bits = this.mask.bits();
    const column = Math.min(width - 1, Math.floor(x)), row = Math.min(height - 1, Math.floor(y));
    const { part: piece, alone } = this.mask.component(bits, column, row);
    let part = piece;
    if (this.adds || alone) {
      try { part = await Mask.bitsOf(this.ask.address(this.address(`part/${frame}`), { x: x / width, y: y / height }), width, height); }
      catch { this.complain("The studio does not answer; what was painted is kept."); return; }
    }
    if (frame !== this.frame || this.loading) return;
    for (let i = 0; i < bits.length; i++) if (part[i]) bits[i] = this.adds ? 1 : 0;
    this.mask.set(bits);
    this.save();
  }

  // One change after the other; a mask that could not be sent is sent again until the studio answers.
  save() {
    const { frame } = this, blob = this.mask.blob();
    this.saving = this.saving.then(async () => this.send(frame, "PUT", `label/${frame}`, await blob));
    return this.saving;
  }

  step(forward) {
    const { frame } = this;
    this.saving = this.saving.then(async () => { await this.send(frame, "POST", `label/${frame}/${forward}`); this.shown(); });
    return this.saving;
  }

  async send(frame, method, rest, body) {
    for (;;) {
      const { revision } = this.studio.labels[frame] || { revision: 0 };
      try {
        const answer = await this.ask(method, this.address(rest), { revision }, body);
        if (answer.status === 409) { this.complain("This label was changed in another tab; here is what it is now."); this.ask.refresh(); return; }
        if (!answer.ok) { this.complain(await answer.text()); return; }
        this.changed(await answer.json());
        this.complain("");
        return;
      } catch {
        this.complain("The studio does not answer; your last stroke is sent again as soon as it does. Keep this tab open.");
        await new Promise((resolve) => setTimeout(resolve, 1500));
      }
    }
  }

  changed({ index, versions, at, revision }) {
    this.studio.labels[index] = { versions, at, revision };
    for (const listener of this.listeners) listener();
    if (index === this.frame) {
      byId("undo").disabled = !at;
      byId("redo").disabled = at >= versions;
      byId("label-state").textContent = at ? "has a label" : "has no label yet; painting starts from the boosted map";
    }
  }

  key(event) {
    if (!event.target.closest("input, select, textarea, dialog") && event.key === "b" && !event.ctrlKey) { this.toggle(); return; }
    if (!this.open || event.target.closest("input, select, textarea, dialog")) return;
    const command = event.ctrlKey || event.metaKey;
    if (command && event.key === "z" && !event.shiftKey) this.step(0);
    else if (command && (event.key === "y" || event.key === "Z" || (event.key === "z" && event.shiftKey))) this.step(1);
    else if (command) return;
    else if (event.key === "x") this.sign(!this.adds);
    else if (event.key === "[" || event.key === "]") byId("brush-size").value = Math.max(1, Math.round(this.size() * (event.key === "]" ? 1.25 : 0.8)));
    else if (event.key === "Enter" && this.corners.length && event.target.id !== "mask") this.close();
    else if (event.key === "Escape") this.giveUp();
    else return;
    event.preventDefault();
  }

  keyOnMask(event) {
    const step = (event.shiftKey ? 1 : 8) * this.mask.width / 480;
    const by = { ArrowLeft: [-step, 0], ArrowRight: [step, 0], ArrowUp: [0, -step], ArrowDown: [0, step] }[event.key];
    if (by) {
      this.cross = [Math.min(this.mask.width - 1, Math.max(0, this.cross[0] + by[0])), Math.min(this.mask.height - 1, Math.max(0, this.cross[1] + by[1]))];
      this.drawMarks(true);
    } else if (event.key === "Enter") {
      if (this.tool === "polygon" && event.ctrlKey) this.close();
      else this.use();
    } else return;
    event.preventDefault();
    event.stopPropagation();
  }
}
