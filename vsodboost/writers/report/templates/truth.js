// The curve of precision and recall, and the worst frames, where truth is known.
function drawCurve(svg, curve) {
  const draw = (tag, attributes, text = "") => {
    const made = document.createElementNS("http://www.w3.org/2000/svg", tag);
    for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
    made.textContent = text;
    svg.append(made);
  };
  const x = (value) => 44 + 362 * value, y = (value) => 280 - 266 * value;
  for (const tick of [0, 0.25, 0.5, 0.75, 1]) {
    draw("line", { x1: x(0), x2: x(1), y1: y(tick), y2: y(tick), stroke: "var(--line)" });
    draw("text", { x: 38, y: y(tick) + 4, "text-anchor": "end", fill: "var(--pale)", "font-size": 12 }, String(tick));
    draw("text", { x: x(tick), y: 298, "text-anchor": "middle", fill: "var(--pale)", "font-size": 12 }, String(tick));
  }
  draw("text", { x: x(0.5), y: 315, "text-anchor": "middle", fill: "var(--ink)", "font-size": 13 }, "recall");
  draw("text", { x: 12, y: y(0.5), "text-anchor": "middle", fill: "var(--ink)", "font-size": 13, transform: `rotate(-90 12 ${y(0.5)})` }, "precision");
  const points = curve.recall.map((recall, i) => `${x(recall).toFixed(1)},${y(curve.precision[i]).toFixed(1)}`);
  draw("polyline", { points: points.join(" "), fill: "none", stroke: "var(--trust)", "stroke-width": 2.5 });
}

function fillTruth(data, viewer) {
  if (!data.truth) return;
  drawCurve(byId("pr"), data.truth.curve);
  byId("worst").replaceChildren(...data.truth.worst.map(({ index, S }) => {
    const shown = viewer.full.get(index), near = viewer.nearestThumb(index);
    return viewer.thumbButton(index, shown ? shown.pictures.boosted : near && near.frame, `${index}: S ${score(S)}`);
  }));
}
