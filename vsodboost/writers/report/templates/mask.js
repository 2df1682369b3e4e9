// A mask of one frame on a canvas: opaque where the object is. Colours say nothing, the alpha counts.
const INK = "rgb(235, 40, 40)";

class Mask {
  constructor(canvas, width, height) {
    Object.assign(this, { canvas, width, height });
    canvas.width = width;
    canvas.height = height;
    this.pen = canvas.getContext("2d", { willReadFrequently: true });
    this.pen.lineCap = this.pen.lineJoin = "round";
  }

  clear() { this.pen.globalCompositeOperation = "source-over"; this.pen.clearRect(0, 0, this.width, this.height); }

  use(adds) { this.pen.globalCompositeOperation = adds ? "source-over" : "destination-out"; this.pen.fillStyle = this.pen.strokeStyle = INK; }

  stroke(points, size, adds) {
    this.use(adds);
    this.pen.lineWidth = size;
    this.pen.beginPath();
    points.forEach(([x, y], i) => (i ? this.pen.lineTo(x, y) : this.pen.moveTo(x, y)));
    if (points.length === 1) this.pen.lineTo(points[0][0] + 0.01, points[0][1]);
    this.pen.stroke();
  }

  fill(points, adds) {
    this.use(adds);
    this.pen.beginPath();
    points.forEach(([x, y], i) => (i ? this.pen.lineTo(x, y) : this.pen.moveTo(x, y)));
    this.pen.fill();
  }

  // Where the object is, a byte a pixel.
  bits() {
    const { data } = this.pen.getImageData(0, 0, this.width, this.height), found = new Uint8Array(this.width * this.height);
    for (let i = 0; i < found.length; i++) found[i] = data[4 * i + 3] >= 128 ? 1 : 0;
    return found;
  }

  set(bits) {
    const image = this.pen.createImageData(this.width, this.height);
    for (let i = 0; i < bits.length; i++) if (bits[i]) image.data.set([235, 40, 40, 255], 4 * i);
    this.clear();
    this.pen.putImageData(image, 0, 0);
  }

  // What a picture shows: its alpha, or where it is bright.
  static async bitsOf(source, width, height) {
    const image = new Image();
    image.src = source;
    await image.decode();
    const canvas = document.createElement("canvas");
    canvas.width = width;
    canvas.height = height;
    const pen = canvas.getContext("2d");
    pen.drawImage(image, 0, 0, width, height);
    const { data } = pen.getImageData(0, 0, width, height), found = new Uint8Array(width * height);
    for (let i = 0; i < found.length; i++) found[i] = data[4 * i + 3] >= 128 && data[4 * i] >= 128 ? 1 : 0;
    return found;
  }

  // The connected part of the mask around a pixel, and whether there are others.
  component(bits, x, y) {
    const { width, height } = this, part = new Uint8Array(bits.length), waiting = [y * width + x];
    let size = 0, all = 0;
    for (const bit of bits) all += bit;
    if (!bits[waiting[0]]) return { part, alone: true };
    part[waiting[0]] = 1;
    while (waiting.length) {
      const at = waiting.pop(), column = at % width;
      size++;
      for (const next of [column > 0 ? at - 1 : -1, column < width - 1 ? at + 1 : -1, at - width, at + width]) {
        if (next >= 0 && next < bits.length && bits[next] && !part[next]) { part[next] = 1; waiting.push(next); }
      }
    }
    return { part, alone: size === all };
  }

  blob() {
    this.set(this.bits());
    return new Promise((resolve) => this.canvas.toBlob(resolve, "image/png"));
  }
}
