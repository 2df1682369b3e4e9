"use strict";
// Trust over the whole video; click, drag or press the arrow keys.
const SERIES = [
  { key: "trust", name: "trust", colour: "--trust" },
  { key: "target_trust", name: "target's trust", colour: "--target" },
  { key: "quality", name: "motion quality", colour: "--quality" },
];
const MARKS = [
  { key: "mined", name: "learned from", colour: "--mined" },
  { key: "flags", name: "flagged", colour: "--warn" },
  { key: "cuts", name: "cuts", colour: "--cut" },
];

class Timeline {
  constructor(canvas, legend, data, onFrame) {
    Object.assign(this, { canvas, data, onFrame, frame: 0, from: 0, to: Math.max(data.count - 1, 1), hidden: new Set() });
    this.flagged = [...new Set(Object.values(data.flags).flat())].sort((a, b) => a - b);
    for (const part of [...SERIES, ...MARKS]) this.addToLegend(legend, part);
    canvas.addEventListener("pointerdown", (event) => { canvas.setPointerCapture(event.pointerId); this.dragging = true; this.point(event); });
    canvas.addEventListener("pointermove", (event) => { if (this.dragging) this.point(event); });
    for (const end of ["pointerup", "pointercancel"]) canvas.addEventListener(end, () => { this.dragging = false; });
    new ResizeObserver(() => this.draw()).observe(canvas);
    document.documentElement.addEventListener("themechange", () => this.draw());
  }

  addToLegend(legend, part) {
    const there = part.key in this.data.columns || (part.key === "flags" ? this.flagged : this.data[part.key] || []).length;
    if (!there) return;
    const button = document.createElement("button"), swatch = document.createElement("span");
    swatch.className = "swatch";
    swatch.style.setProperty("--colour", `var(${part.colour})`);
    button.type = "button";
    button.append(swatch, part.key === "trust" && this.data.columns.trust_low ? "trust and its interval" : part.name);
    button.setAttribute("aria-pressed", "true");
    button.addEventListener("click", () => {
      this.hidden.has(part.key) ? this.hidden.delete(part.key) : this.hidden.add(part.key);
      button.setAttribute("aria-pressed", String(!this.hidden.has(part.key)));
      this.draw();
    });
    const item = document.createElement("li");
    item.append(button);
    legend.append(item);
  }

  point(event) {
    const box = this.canvas.getBoundingClientRect();
    const share = (event.clientX - box.left - 34) / Math.max(box.width - 44, 1);
    this.onFrame(Math.round(this.from + Math.min(1, Math.max(0, share)) * (this.to - this.from)));
  }

  // Half or twice as many frames, about the present one.
  zoom(factor) {
    const all = Math.max(this.data.count - 1, 1), length = Math.min(all, Math.max(Math.min(20, all), (this.to - this.from) * factor));
    this.from = Math.round(Math.min(Math.max(0, this.frame - length / 2), all - length));
    this.to = this.from + Math.round(length);
    this.draw();
  }

  show(frame) {
    this.frame = frame;
    const length = this.to - this.from;
    if (frame < this.from || frame > this.to) {
      this.from = Math.round(Math.min(Math.max(0, frame - length / 2), Math.max(this.data.count - 1, 1) - length));
      this.to = this.from + length;
    }
    this.draw();
  }

  draw() {
    const { canvas } = this, ratio = window.devicePixelRatio || 1, width = canvas.clientWidth, height = canvas.clientHeight;
    if (!width) return;
    canvas.width = Math.round(width * ratio);
    canvas.height = Math.round(height * ratio);
    const pen = canvas.getContext("2d"), style = getComputedStyle(document.documentElement);
    const colours = {}; // asking for a style is slow, and a long video has thousands of marks
    this.colour = (name) => (colours[name] ??= style.getPropertyValue(name).trim());
    pen.scale(ratio, ratio);
    pen.font = "12px system-ui, sans-serif";
    this.left = 34; this.right = width - 10; this.top = 12; this.bottom = height - 50;
    this.drawGrid(pen, height);
    this.ticks(pen, "cuts", this.data.cuts.map((cut) => cut - 0.5), this.top, this.bottom, "--cut", 1);
    if (!this.hidden.has("trust")) this.drawBand(pen);
    for (const { key, colour } of SERIES) if (!this.hidden.has(key) && this.data.columns[key]) this.drawLine(pen, this.data.columns[key], colour);
    this.ticks(pen, "mined", this.data.mined, height - 46, height - 36, "--mined", 2);
    this.ticks(pen, "flags", this.flagged, height - 32, height - 22, "--warn", 2);
    this.tick(pen, this.frame, 4, height - 18, "--ink", 2);
  }

  x(t) { return this.left + (this.right - this.left) * (t - this.from) / Math.max(this.to - this.from, 1); }
  y(value) { return this.bottom - (this.bottom - this.top) * Math.min(1, Math.max(0, value)); }

  // Marks at frames in ascending order, one a pixel at most.
  ticks(pen, key, frames, y0, y1, colour, width) {
    if (this.hidden.has(key)) return;
    let last = -1;
    for (const t of frames) {
      const at = Math.round(this.x(t));
      if (at !== last) this.tick(pen, t, y0, y1, colour, width);
      last = at;
    }
  }

  tick(pen, t, y0, y1, colour, width) {
    if (t < this.from - 1 || t > this.to + 1) return;
    pen.fillStyle = this.colour(colour);
    pen.fillRect(this.x(t) - width / 2, y0, width, y1 - y0);
  }

  drawGrid(pen, height) {
    pen.textBaseline = "middle";
    pen.textAlign = "right";
    for (const value of [0, 0.5, 1]) {
      pen.fillStyle = this.colour("--line");
      pen.fillRect(this.left, this.y(value), this.right - this.left, 1);
      pen.fillStyle = this.colour("--pale");
      pen.fillText(String(value), this.left - 8, this.y(value));
    }
    const least = (this.to - this.from) / Math.max(2, (this.right - this.left) / 90);
    const step = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000, 20000, 50000, 100000].find((s) => s >= least) || 200000;
    pen.textAlign = "center";
    for (let t = Math.ceil(this.from / step) * step; t <= this.to; t += step) pen.fillText(String(t), Math.min(this.x(t), this.right - 12), height - 8);
  }

  // Least and largest value of each pixel column: a long video has many frames in one.
  columns(values) {
    const found = [], per = (this.to - this.from) / Math.max(this.right - this.left, 1);
    let last = -1;
    for (let t = Math.max(0, Math.floor(this.from)); t <= this.to && t < values.length; t++) {
      const value = values[t];
      if (value === null) { last = -1; continue; }
      const at = per > 1 ? Math.round(this.x(t)) : this.x(t);
      if (last >= 0 && found[last].x === at) { found[last].low = Math.min(found[last].low, value); found[last].high = Math.max(found[last].high, value); }
      else { found.push({ x: at, low: value, high: value, starts: last < 0 }); last = found.length - 1; }
    }
    return found;
  }

  drawLine(pen, values, colour) {
    pen.strokeStyle = this.colour(colour);
    pen.lineWidth = 1.8;
    pen.beginPath();
    const found = this.columns(values), alone = [];
    found.forEach(({ x, low, high, starts }, i) => {
      starts ? pen.moveTo(x, this.y(low)) : pen.lineTo(x, this.y(low));
      if (high > low) pen.lineTo(x, this.y(high));
      else if (starts && (i + 1 === found.length || found[i + 1].starts)) alone.push([x, this.y(low)]);
    });
    pen.stroke();
    pen.fillStyle = pen.strokeStyle;
    for (const [x, y] of alone) pen.fillRect(x - 1.5, y - 1.5, 3, 3); // a value between two gaps is no line
  }

  drawBand(pen) {
    const { trust_low: low, trust_high: high } = this.data.columns;
    if (!low || !high) return;
    const lower = this.columns(low), upper = this.columns(high);
    pen.fillStyle = this.colour("--band");
    pen.beginPath();
    upper.forEach(({ x, high: value }, i) => (i ? pen.lineTo(x, this.y(value)) : pen.moveTo(x, this.y(value))));
    lower.reverse().forEach(({ x, low: value }) => pen.lineTo(x, this.y(value)));
    pen.fill();
  }
}
