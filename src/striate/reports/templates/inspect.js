// Draws the network: blocks to scale, arrows with shapes, modules that open and close. Pictures flow to the right on
// a wide page and down on a narrow one.
const blocks = JSON.parse(document.getElementById("network").textContent).blocks;
const stage = document.getElementById("stage");
const panel = document.getElementById("panel");
const opened = new Set();
const WIDEST = 30; // parts that are shown at first

// ---- which parts are visible: a block, or a closed module that stands for all its blocks
const pathOf = (block, depth) => block.path.slice(0, depth).join(".");
const members = new Map(); // module -> numbers of its blocks
blocks.forEach((block, number) => {
  for (let depth = 1; depth < block.path.length; depth++) {
    const path = pathOf(block, depth);
    if (!members.has(path)) members.set(path, []);
    members.get(path).push(number);
  }
});
const closedModule = (block) => {
  for (let depth = 1; depth < block.path.length; depth++) {
    const path = pathOf(block, depth);
    if (members.get(path).length > 1 && !opened.has(path)) return path;
  }
  return null;
};
const visible = () => {
  const parts = new Map();
  const owner = blocks.map((block, number) => {
    const path = closedModule(block);
    const key = path ?? "#" + number;
    if (!parts.has(key)) parts.set(key, { key, path, numbers: [] });
    parts.get(key).numbers.push(number);
    return parts.get(key);
  });
  return { parts: [...parts.values()], owner };
};
const openAtFirst = () => {
  for (let depth = 1; depth < 6; depth++) {
    const paths = [...members.keys()].filter((path) => path.split(".").length === depth);
    for (const path of paths.sort((a, b) => members.get(a).length - members.get(b).length)) {
      opened.add(path);
      if (visible().parts.length > WIDEST) opened.delete(path);
    }
  }
};

// ---- sizes
const largest = Math.max(...blocks.filter((b) => b.shape.length > 1).map((b) => b.shape.at(-2) ?? 1), 1);
const side = (pixels) => Math.max(5, (104 * pixels) / largest);
const glyph = (part) => {
  const block = blocks[part.numbers.at(-1)];
  if (block.sign && !part.path) return { ball: true, width: 26, height: 26, deep: 0, thick: 26 };
  const [channels, high = 1, wide = 1] = block.shape;
  const deep = Math.round(side(wide) * 0.32);
  const thick = Math.min(70, Math.max(4, Math.sqrt(channels) * 1.1));
  return { deep, thick, front: side(high), width: thick + deep, height: side(high) + deep };
};
const nameOf = (part) => {
  const path = part.path ? part.path.split(".") : blocks[part.numbers[0]].path;
  let depth = path.length;
  while (!part.path && depth > 1 && members.get(path.slice(0, depth - 1).join(".")).length === 1) depth--;
  const own = path[depth - 1];
  return shorten(depth > 1 && /^\d+(:\d+)?$/.test(own) ? `${path[depth - 2]}.${own}` : own, 19);
};
const builtOf = (part) => (part.path ? `${part.numbers.length} blocks ▸` : part.glyph.ball ? "" : blocks[part.numbers[0]].layers[0].short);
const alsoOf = (part) => (part.path ? "" : shorten(blocks[part.numbers[0]].layers.slice(1).map((layer) => layer.short).join(", "), 22));
const textWidth = (part) => (part.glyph.ball ? 26 : Math.max(nameOf(part).length * 7, builtOf(part).length * 6.2, alsoOf(part).length * 6.2));
const familyOf = (part) => (part.path && part.numbers.some((number) => blocks[number].family === "conv") ? "conv" : blocks[part.numbers.at(-1)].family);
const shapeText = (shape) => shape.join("×");
const shorten = (text, most) => (text.length > most ? "…" + text.slice(1 - most) : text);

// ---- ranks and lanes: every arrow goes one rank further; long ones pass through empty places
function arrange(parts, owner, down) {
  parts.forEach((part, order) => Object.assign(part, { order, rank: 0, glyph: glyph(part), next: [], before: [] }));
  const arrows = new Map();
  blocks.forEach((block, number) => {
    for (const from of block.inputs) {
      const [a, b] = [owner[from], owner[number]];
      if (a !== b && a.order < b.order && !arrows.has(a.key + ">" + b.key)) arrows.set(a.key + ">" + b.key, { a, b, shape: blocks[from].shape });
    }
  });
  for (const part of parts) for (const { a, b } of arrows.values()) if (b === part) part.rank = Math.max(part.rank, a.rank + 1);
  const ranks = [];
  const put = (thing) => (ranks[thing.rank] ??= []).push(thing);
  parts.forEach(put);
  for (const arrow of arrows.values()) {
    arrow.way = [arrow.a];
    for (let rank = arrow.a.rank + 1; rank < arrow.b.rank; rank++) {
      const empty = { rank, empty: true, order: arrow.a.order + 0.5, next: [], before: [] };
      put(empty);
      arrow.way.push(empty);
    }
    arrow.way.push(arrow.b);
    arrow.way.slice(1).forEach((thing, at) => { thing.before.push(arrow.way[at]); arrow.way[at].next.push(thing); });
  }
  const breadth = (thing) => (thing.empty ? 26 : down ? thing.glyph.width + 134 : Math.max(thing.glyph.height, 30) + (alsoOf(thing) ? 76 : 62));
  const mean = (things, fallback) => (things.length ? things.reduce((sum, thing) => sum + thing.at, 0) / things.length : fallback);
  for (const rank of ranks) { rank.sort((a, b) => a.order - b.order); spread(rank, breadth, (thing, at) => at * 10); }
  for (let round = 0; round < 14; round++) {
    const forward = round % 2 === 0;
    for (const rank of forward ? ranks : [...ranks].reverse()) {
      for (const thing of rank) thing.wish = mean(forward ? thing.before : thing.next, thing.at);
      if (round < 8) rank.sort((a, b) => a.wish - b.wish || a.order - b.order);
      spread(rank, breadth, (thing) => thing.wish);
    }
  }
  return { ranks, arrows: [...arrows.values()], breadth };
}
function spread(rank, breadth, wish) {
  let edge = -Infinity, error = 0;
  rank.forEach((thing, at) => {
    const wanted = wish(thing, at), half = breadth(thing) / 2;
    thing.at = Math.max(wanted, edge + half);
    edge = thing.at + half;
    error += thing.at - wanted;
  });
  rank.forEach((thing) => { thing.at -= error / rank.length; });
}

// ---- drawing
const make = (name, attributes = {}, text) => {
  const made = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  if (text !== undefined) made.textContent = text;
  return made;
};
const points = (...pairs) => pairs.map((pair) => pair.map((value) => value.toFixed(1)).join(",")).join(" ");

function draw(focus) {
  const down = window.innerWidth < 760;
  const { parts, owner } = visible();
  const { ranks, arrows } = arrange(parts, owner, down);
  let along = 30;
  for (const rank of ranks) {
    const longest = Math.max(...rank.map((thing) => (thing.empty ? 0 : down ? Math.max(thing.glyph.height, 30) : Math.max(thing.glyph.width, textWidth(thing)))));
    rank.forEach((thing) => { thing.along = along + longest / 2; thing.half = longest / 2; });
    along += longest + (down ? 40 : 52);
  }
  const drawn = ranks.flat();
  const extent = (thing) => (thing.empty ? 8 : down ? thing.glyph.width / 2 : thing.glyph.height / 2);
  const low = Math.min(...drawn.map((thing) => thing.at - extent(thing))) - (down ? 78 : 34) - (opened.size ? 24 : 0);
  const high = Math.max(...drawn.map((thing) => thing.at + extent(thing))) + (down ? 100 : 66);
  for (const thing of drawn) { thing.x = down ? thing.at - low - (thing.empty ? 0 : 50) : thing.along; thing.y = down ? thing.along : thing.at - low; }
  const width = Math.ceil(down ? high - low : along), height = Math.ceil(down ? along : high - low);
  const svg = make("svg", { viewBox: `0 0 ${width} ${height}`, width, height, role: "group", "aria-label": "The network's blocks", class: down ? "tall-flow" : "" });
  svg.append(arrowHead());
  frames(svg, parts, down);
  const shapes = [];
  for (const arrow of arrows) shapes.push(drawArrow(svg, arrow, down));
  for (const part of parts) svg.append(drawPart(part, down));
  svg.append(...shapes);
  stage.replaceChildren(svg);
  separate(svg, width, height);
  sign();
  if (focus) stage.querySelector(`[data-key="${CSS.escape(focus)}"]`)?.focus();
}
// ---- a sign where the drawing goes on outside its window, which also takes the reader there
const view = document.getElementById("window"), more = document.getElementById("more");
function sign() {
  const right = stage.scrollWidth - stage.clientWidth, down = stage.scrollHeight - stage.clientHeight;
  const onRight = right - stage.scrollLeft > 8, below = !onRight && down - stage.scrollTop > 8;
  view.classList.toggle("more-right", onRight);
  view.classList.toggle("more-down", below);
  more.hidden = right <= 8 && down <= 8;
  more.textContent = onRight ? "More to the right →" : below ? "More below ↓" : "Back to the beginning";
}
more.addEventListener("click", () => {
  const { classList } = view;
  if (classList.contains("more-right")) stage.scrollBy({ left: stage.clientWidth * 0.8, behavior: "smooth" });
  else if (classList.contains("more-down")) stage.scrollBy({ top: stage.clientHeight * 0.8, behavior: "smooth" });
  else stage.scrollTo({ left: 0, top: 0, behavior: "smooth" });
});
stage.addEventListener("scroll", sign);
new ResizeObserver(sign).observe(stage); // the window may get its size after the drawing

function arrowHead() {
  const definitions = make("defs");
  const marker = make("marker", { id: "head", viewBox: "0 0 8 8", refX: 7, refY: 4, markerWidth: 7, markerHeight: 7, orient: "auto-start-reverse" });
  marker.append(make("path", { d: "M0 0.6 L8 4 L0 7.4 z", fill: "context-stroke" }));
  definitions.append(marker);
  return definitions;
}
function drawArrow(svg, { a, b, way, shape }, down) {
  const reach = (thing) => (thing.empty ? 0 : thing.glyph.ball ? 13 : down ? thing.glyph.height / 2 : thing.glyph.width / 2);
  const at = (thing, sign) => (down ? [thing.x, thing.y + sign * (reach(thing) + 3)] : [thing.x + sign * (reach(thing) + 3), thing.y]);
  const stops = [at(a, 1)];
  for (const thing of way.slice(1, -1)) {
    const back = down ? [thing.x, thing.y - thing.half] : [thing.x - thing.half, thing.y];
    stops.push(back, down ? [thing.x, thing.y + thing.half] : [thing.x + thing.half, thing.y]);
  }
  stops.push(at(b, -1));
  let path = `M${stops[0][0].toFixed(1)} ${stops[0][1].toFixed(1)}`;
  for (let i = 1; i < stops.length; i++) {
    const [x0, y0] = stops[i - 1], [x1, y1] = stops[i];
    const bend = down ? [x0, (y0 + y1) / 2, x1, (y0 + y1) / 2] : [(x0 + x1) / 2, y0, (x0 + x1) / 2, y1];
    path += ` C${[...bend, x1, y1].map((value) => value.toFixed(1)).join(" ")}`;
  }
  svg.append(make("path", { class: "edge", d: path, "marker-end": "url(#head)" }));
  const [x, y] = stops[0], [x1, y1] = stops[1];
  const bent = down ? x1 - x : y1 - y;
  const text = down ? { x: x + (bent < -4 ? -6 : 6), y: (y + Math.min(y1, y + 40)) / 2 + 3 } : { x: (x + Math.min(x1, x + 90)) / 2, y: y + (bent ? bent / 4 : 0) - 6 };
  const label = make("text", { class: "shape", ...text }, shapeText(shape));
  if (down && bent < -4) label.setAttribute("style", "text-anchor:end");
  const first = a.next.find((thing) => !thing.empty) ?? a.next[0];
  return way[1] === first ? label : make("g"); // all arrows from one block carry the same
}
function drawPart(part, down) {
  const block = blocks[part.numbers.at(-1)], { x, y, glyph: size } = part;
  const name = part.path ?? block.layers[0].name;
  const group = make("g", { class: `block ${part.path ? "stack" : ""} ${familyOf(part)}`, tabindex: 0, role: "button", "data-key": part.key,
    "aria-label": part.path ? `${name}, ${part.numbers.length} blocks, open` : `${name}, ${block.layers[0].told}, output ${shapeText(block.shape)}` });
  if (part.path) group.setAttribute("aria-expanded", "false");
  if (size.ball) {
    group.append(make("circle", { class: "ball", cx: x, cy: y, r: 13 }), make("text", { class: "sign", x, y: y + 5.5 }, block.sign));
  } else {
    const { deep, thick, front } = size, left = x - size.width / 2, top = y - size.height / 2 + deep;
    const cuboid = (dx, dy) => [
      make("polygon", { class: "front", points: points([left + dx, top + dy], [left + thick + dx, top + dy], [left + thick + dx, top + front + dy], [left + dx, top + front + dy]) }),
      make("polygon", { class: "top", points: points([left + dx, top + dy], [left + deep + dx, top - deep + dy], [left + thick + deep + dx, top - deep + dy], [left + thick + dx, top + dy]) }),
      make("polygon", { class: "side", points: points([left + thick + dx, top + dy], [left + thick + deep + dx, top - deep + dy], [left + thick + deep + dx, top + front - deep + dy], [left + thick + dx, top + front + dy]) })];
    if (part.path) group.append(...cuboid(-7, 7), ...cuboid(-3.5, 3.5));
    group.append(...cuboid(0, 0));
  }
  labels(part, down).forEach((label) => group.append(label));
  const act = () => { if (part.path) { opened.add(part.path); draw(part.key); } else choose(part, group); };
  group.addEventListener("click", act);
  group.addEventListener("keydown", (event) => { if (event.key === "Enter" || event.key === " ") { event.preventDefault(); act(); } });
  return group;
}
function labels(part, down) {
  const lines = part.glyph.ball ? [] : [["label", nameOf(part)], ["built", builtOf(part)], ["on", alsoOf(part)]];
  const size = part.glyph;
  return lines.filter(([, text]) => text).map(([kind, text], at) => make("text", down
    ? { class: kind, x: part.x + size.width / 2 + 10, y: part.y - 6 + at * 14 }
    : { class: kind, x: part.x, y: part.y + size.height / 2 + 18 + at * 14 }, text));
}
function frames(svg, parts, down) {
  const pad = 8;
  for (const path of [...opened].sort((a, b) => a.length - b.length)) {
    if (members.get(path).length < 2) continue;
    const inside = parts.filter((part) => blocks[part.numbers[0]].path.join(".").startsWith(path + ".") && part.path !== path);
    if (inside.length < 2) continue;
    const level = Math.max(...[...opened].filter((other) => other.startsWith(path + ".") && members.get(other).length > 1).map((other) => other.split(".").length), path.split(".").length) - path.split(".").length;
    const box = inside.map((part) => [part, part.x, part.y, part.glyph]).map(([part, x, y, size]) => down
      ? [x - size.width / 2 - 14, y - size.height / 2 - 14, x + size.width / 2 + 10 + textWidth(part), y + size.height / 2 + 12]
      : [x - Math.max(size.width, textWidth(part)) / 2, y - size.height / 2 - 14, x + Math.max(size.width, textWidth(part)) / 2, y + size.height / 2 + (size.ball ? 8 : 50)]);
    const grow = pad + level * 16;
    const [left, top, right, bottom] = [0, 1, 2, 3].map((edge) => (edge < 2 ? Math.min : Math.max)(...box.map((one) => one[edge])) + (edge < 2 ? -1 : 1) * (edge === 1 ? grow + 6 : pad + level * 4));
    svg.append(make("rect", { class: "frame", x: left, y: top, width: right - left, height: bottom - top, rx: 9 }));
    const name = make("text", { class: "frame-name", x: left + 8, y: top + 13, tabindex: 0, role: "button", "aria-expanded": "true" }, `▾ ${path.split(".").at(-1)}`);
    const close = () => { for (const other of [...opened]) if (other === path || other.startsWith(path + ".")) opened.delete(other); draw(path); };
    name.addEventListener("click", close);
    name.addEventListener("keydown", (event) => { if (event.key === "Enter") close(); });
    svg.append(name);
  }
}
// ---- no text lies on another or on a block: blocks and their names stay, other texts move to the nearest free place
const STEPS = [0, 4, 8, 12, 16, 22, 28, 36, 46, 60, 80, 110];
const NEAREST = STEPS.flatMap((x) => STEPS.flatMap((y) => [[x, y], [-x, y], [x, -y], [-x, -y]])).sort((a, b) => Math.hypot(...a) - Math.hypot(...b));
function separate(svg, width, height) {
  const boxOf = (text) => { const { x, y, width: wide, height: high } = text.getBBox(); return [x, y, x + wide, y + high - 1]; };
  const fixed = [...svg.querySelectorAll(".label, .built, .on, .ball, .front, .side")].map(boxOf);
  for (const text of svg.querySelectorAll(".frame-name, .shape")) {
    const [left, top, right, bottom] = boxOf(text);
    const near = fixed.filter((box) => box[0] < right + 112 && box[2] > left - 112 && box[1] < bottom + 112 && box[3] > top - 112);
    const free = ([x, y]) => left + x >= 0 && top + y >= 0 && right + x <= width && bottom + y <= height
      && !near.some((box) => box[0] < right + x + 2 && box[2] > left + x - 2 && box[1] < bottom + y && box[3] > top + y);
    const move = NEAREST.find(free);
    if (!move) { if (text.classList.contains("shape")) text.remove(); continue; } // the block's panel has the size too
    if (move[0] || move[1]) { text.setAttribute("x", +text.getAttribute("x") + move[0]); text.setAttribute("y", +text.getAttribute("y") + move[1]); }
    fixed.push([left + move[0], top + move[1], right + move[0], bottom + move[1]]);
  }
}
function choose(part, group) {
  stage.querySelector(".chosen")?.classList.remove("chosen");
  group.classList.add("chosen");
  panel.replaceChildren(...blocks[part.numbers[0]].layers.flatMap((layer) => {
    const head = document.createElement("h3"), table = document.createElement("table");
    head.textContent = `${layer.name}: ${layer.told}`;
    for (const [what, how, formula] of layer.lines) {
      const row = table.insertRow(), cell = document.createElement("th");
      cell.textContent = what;
      cell.scope = "row";
      row.append(cell);
      const numbers = row.insertCell();
      if (formula) {
        const symbols = document.createElement("span");
        symbols.className = "symbols";
        symbols.textContent = formula;
        numbers.append(symbols, " = ");
      }
      numbers.append(how);
    }
    return [head, table];
  }));
  if (panel.getBoundingClientRect().top > window.innerHeight - 120) panel.scrollIntoView({ block: "center" });
}
document.getElementById("open").addEventListener("click", () => { members.forEach((_, path) => opened.add(path)); draw(); });
document.getElementById("close").addEventListener("click", () => { opened.clear(); draw(); });
document.getElementById("fit").addEventListener("click", (event) => {
  const on = stage.classList.toggle("fit");
  event.currentTarget.setAttribute("aria-pressed", String(on));
  sign();
});
let before = window.innerWidth;
window.addEventListener("resize", () => { if ((before < 760) !== (window.innerWidth < 760)) draw(); else sign(); before = window.innerWidth; });
openAtFirst();
draw();
const first = stage.querySelector(".picture").getBBox();
stage.scrollLeft = first.x + first.width / 2 - stage.clientWidth / 2;
sign();
