// The studio: what is asked of the server, the boost and its progress, and other tabs.
const data = JSON.parse(byId("data").textContent), studio = JSON.parse(byId("studio").textContent);
const tab = Math.random().toString(36).slice(2);
Object.assign(KINDS, { before: "before the labels" });
MAPS.add("before");

function ask(method, path, query = {}, body = undefined) {
  return fetch(ask.address(path, query), { method, body, headers: { "X-Studio-Tab": tab } });
}
ask.address = (path, query = {}) => `${path}?${new URLSearchParams({ ...query, token: studio.token })}`;
ask.refresh = () => location.reload();
// The address says what is looked at, so that a reload comes back to it.
function remember() { history.replaceState(null, "", `#frame=${viewer.frame}${painter.open ? "&paint" : ""}`); }
function complain(text) { byId("trouble").textContent = text || studio.trouble; }

function live(t) {
  const found = { frame: ask.address(`${studio.base}/frame/${t}`) };
  if (studio.before !== null) found.before = ask.address(`${studio.base}/map/${studio.before}/${t}`);
  found.boosted = ask.address(`${studio.base}/map/${studio.round}/${t}`);
  return found;
}

let viewer = null, painter = null;
if (studio.round !== null) {
  const wanted = new URLSearchParams(location.hash.slice(1));
  for (const shown of data.full) Object.assign(shown.pictures, studio.before === null ? {} : { before: live(shown.index).before });
  viewer = new Viewer(data, live);
  painter = new Painter(viewer, studio, ask, complain);
  fillTruth(data, viewer);
  if (studio.before !== null) { byId("left-kind").value = "before"; viewer.showCompared(); }
  if (wanted.has("frame")) viewer.choose(Number(wanted.get("frame")));
  if (wanted.has("paint")) painter.toggle();
  viewer.listeners.push(remember);
  painter.listeners.push(remember);
  remember();
  for (const button of document.querySelectorAll("[data-go]")) button.addEventListener("click", () => viewer.choose(Number(button.dataset.go)));
  suggest();
}

async function suggest() {
  try {
    const answer = await ask("GET", `${studio.base}/suggestions`);
    if (!answer.ok) { complain(await answer.text()); return; }
    const found = await answer.json();
    byId("wanted").replaceChildren(...found.map(({ index, gain, trust }) => {
      const near = viewer.nearestThumb(index);
      const item = viewer.thumbButton(index, near && near.frame, `${index}: trust ${score(trust)}, settles ${Math.round(100 * gain)} %`);
      item.firstChild.addEventListener("click", () => { if (!painter.open) painter.toggle(); });
      return item;
    }));
  } catch { complain("The studio does not answer; start it again. Nothing is lost."); }
}

function labels() { return Object.values(studio.labels).filter(({ at }) => at).length; }

function showJob(job) {
  const running = job.state === "running", mine = job.video === studio.video, count = labels(), left = studio.unfinished;
  byId("boost").disabled = running || (studio.round !== null && !count);
  byId("boost").textContent = studio.round === null ? "Boost" : `Boost again with ${count} label${count === 1 ? "" : "s"}`;
  byId("stop").hidden = !running;
  byId("resume").hidden = running || !left;
  const bar = byId("progress");
  bar.hidden = !running;
  if (job.share) bar.value = job.share; else bar.removeAttribute("value");
  const how = [job.stage, job.frames, job.left].filter((word) => word).join(", ");
  if (running) byId("said").textContent = mine ? how : `${job.video} is being boosted: ${how}`;
  else if (left) byId("said").textContent = left.state === "failed" ? `It failed: ${left.why}` : "It was stopped; what was done is kept.";
  else byId("said").textContent = studio.round !== null && !count ? "Paint a frame first." : "";
}

async function command(path, body = undefined) {
  try {
    const answer = await ask("POST", path, {}, body);
    complain(answer.ok ? "" : await answer.text());
    return answer.ok;
  } catch { complain("The studio does not answer; start it again. Nothing is lost."); }
  return false;
}

for (const button of document.querySelectorAll("[data-keep]")) {
  button.addEventListener("click", async () => { if (await command(`${studio.base}/keep/${button.dataset.keep}`)) ask.refresh(); });
}
byId("boost").addEventListener("click", async () => {
  if (painter) await painter.saving;
  const writers = [...document.querySelectorAll("#writers input:checked")].map((box) => box.value);
  command(`${studio.base}/boost`, JSON.stringify({ writers }));
});
byId("stop").addEventListener("click", () => command("/stop"));
byId("resume").addEventListener("click", () => command(`${studio.base}/resume`));

let job = studio.job, seen = false;
showJob(job);
if (painter) painter.listeners.push(() => showJob(job));
const events = new EventSource(ask.address("/events"));
events.addEventListener("job", async (event) => {
  const before = job;
  job = JSON.parse(event.data);
  const ended = before.state === "running" && job.state !== "running" && before.video === studio.video;
  const missed = seen && job.state !== "running" && before.state === "running";
  seen = true;
  showJob(job);
  if (ended || missed) { if (painter) await painter.saving; ask.refresh(); }
});
events.addEventListener("label", (event) => {
  const said = JSON.parse(event.data), known = studio.labels[said.index];
  if (said.video !== studio.video || said.tab === tab || !painter || (known && known.revision >= said.revision)) return;
  painter.changed(said);
  if (said.index === viewer.frame) painter.shown();
  showJob(job);
});
events.onerror = () => { if (!byId("trouble").textContent) complain("The studio does not answer; start it again. Nothing is lost."); };
events.onopen = () => complain("");
complain("");
