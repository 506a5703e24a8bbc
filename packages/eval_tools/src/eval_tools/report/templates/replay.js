// The replay: candles, stops and fills of one slice, equity over its floor, and a cursor that
// tells everything about one bar. Drawn at the width of the page, in the page's colours.
(() => {
  const root = document.getElementById("replay");
  if (!root) return;
  const replays = JSON.parse(document.getElementById("replays").textContent);
  const [choice, cursor, chart, told] = ["select", "input", "svg", "dl"].map(tag => root.querySelector(tag));
  const SPLIT = 0.7, GAP = 14;
  let bars, place;

  const make = (tag, attributes, style) => {
    const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    element.setAttribute("style", style);
    return chart.appendChild(element);
  };
  const known = values => values.filter(value => value !== null);
  const scale = (values, top, bottom) => {
    const low = Math.min(...values), span = Math.max(...values) - low || 1;
    return value => bottom - (value - low) / span * (bottom - top);
  };
  const line = (values, y, style) => {
    let path = "", pen = "M";
    values.forEach((value, i) => {
      if (value === null) { pen = "M"; return; }
      path += `${pen}${place(i).toFixed(1)} ${y(value).toFixed(1)}`;
      pen = "L";
    });
    make("path", { d: path }, `fill: none; ${style}`);
  };

  const draw = () => {
    const width = chart.clientWidth, height = chart.clientHeight, count = bars.close.length;
    chart.replaceChildren();
    chart.setAttribute("viewBox", `0 0 ${width} ${height}`);
    place = i => (i + 0.5) * width / count;
    const price = scale(known([...bars.high, ...bars.low, ...bars.stop, ...bars.target]), 24, height * SPLIT - GAP);
    const money = scale(known([...bars.equity, ...bars.floor]), height * SPLIT + GAP, height - 6);
    const body = Math.max(1, width / count * 0.6);
    bars.close.forEach((close, i) => {
      const color = `var(--${close >= bars.open[i] ? "rising" : "falling"})`, x = place(i);
      make("line", { x1: x, x2: x, y1: price(bars.high[i]), y2: price(bars.low[i]) }, `stroke: ${color}`);
      const top = price(Math.max(close, bars.open[i])), bottom = price(Math.min(close, bars.open[i]));
      make("rect", { x: x - body / 2, y: top, width: body, height: Math.max(1, bottom - top) }, `fill: ${color}`);
    });
    line(bars.stop, price, "stroke: var(--loss)");
    line(bars.target, price, "stroke: var(--gain); stroke-dasharray: 2 2");
    bars.fill.forEach((fill, i) => {
      if (fill) make("circle", { cx: place(i), cy: price(bars.close[i]), r: 4 }, "fill: var(--policy)");
    });
    line(bars.floor, money, "stroke: var(--loss)");
    line(bars.equity, money, "stroke: var(--policy); stroke-width: 1.5");
    const style = "fill: var(--muted); font-size: 11px";
    const prices = known([...bars.high, ...bars.low]), usd = known([...bars.equity, ...bars.floor]);
    const span = values => `${number(Math.min(...values))} to ${number(Math.max(...values))}`;
    make("text", { x: 4, y: 14 }, style).textContent = `${span(prices)}; lines: stop and target; dots: fills`;
    make("text", { x: 4, y: height * SPLIT + 6 }, style).textContent = `equity over the floor, ${span(usd)} USD`;
    make("line", { id: "cursor", y1: 0, y2: height }, "stroke: var(--ink); stroke-width: 1");
    tell();
  };

  const number = value => value === null ? "-" : value.toLocaleString("en", { minimumFractionDigits: 2, maximumFractionDigits: 2 });
  const tell = () => {
    const i = Number(cursor.value), mark = chart.querySelector("#cursor");
    mark.setAttribute("x1", place(i));
    mark.setAttribute("x2", place(i));
    const probability = bars.probability[i] === null ? "" : ` (${(100 * bars.probability[i]).toFixed(1)}%)`;
    const facts = {
      time: bars.time[i], action: bars.action[i] + probability, legal: bars.legal[i], order: bars.order[i] || "-",
      fill: bars.fill[i] || "-", position: bars.position[i], open: number(bars.open[i]), high: number(bars.high[i]),
      low: number(bars.low[i]), close: number(bars.close[i]), stop: number(bars.stop[i]), target: number(bars.target[i]),
      equity: number(bars.equity[i]), floor: number(bars.floor[i]), "room to the floor": number(bars.equity[i] - bars.floor[i]),
      account: bars.status[i], "done reason": bars.done_reason[i] || "-",
    };
    for (const [name, values] of Object.entries(bars.saw)) facts[`saw ${name}`] = number(values[i]);
    told.replaceChildren(...Object.entries(facts).map(([name, fact]) => {
      const row = document.createElement("div");
      row.append(Object.assign(document.createElement("dt"), { textContent: name }));
      row.append(Object.assign(document.createElement("dd"), { textContent: fact }));
      return row;
    }));
  };

  const show = () => {
    bars = replays[choice.value].bars;
    cursor.max = bars.close.length - 1;
    cursor.value = cursor.max;
    draw();
  };
  choice.addEventListener("change", show);
  cursor.addEventListener("input", tell);
  chart.addEventListener("click", event => {
    const box = chart.getBoundingClientRect();
    cursor.value = Math.floor((event.clientX - box.left) / box.width * bars.close.length);
    tell();
  });
  addEventListener("resize", draw);
  show();
})();
