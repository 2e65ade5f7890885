// Draws each [data-plot] as bars from the table it names; data-drawn says which of its number columns.
const GROUP = 0.72; // of the width that one label has

const ink = (name) => {
  const probe = document.createElement("i");
  probe.className = `plot-ink ${name}`;
  document.body.append(probe);
  const { color } = getComputedStyle(probe);
  probe.remove();
  return color;
};

function read(plot) {
  const rows = [...document.getElementById(plot.dataset.plot).tBodies[0].rows];
  const drawn = plot.dataset.drawn.split(" ").map(Number);
  return {
    labels: rows.map((row) => row.cells[0].textContent.trim()),
    series: drawn.map((column) => rows.map((row) => Number(row.cells[column + 1].dataset.value || 0))),
  };
}

// Bars of one label side by side: each draws its part of the group at a place of its own.
function bars(index, count) {
  const width = GROUP / count;
  return (u, seriesIndex, from, to) => {
    const path = new Path2D();
    const zero = u.valToPos(0, "y", true);
    for (let i = from; i <= to; i += 1) {
      const left = u.valToPos(u.data[0][i] - GROUP / 2 + index * width, "x", true);
      const right = u.valToPos(u.data[0][i] - GROUP / 2 + (index + 0.92) * width, "x", true);
      const top = u.valToPos(u.data[seriesIndex][i], "y", true);
      path.rect(left, top, right - left, zero - top);
    }
    return { fill: path, stroke: null };
  };
}

function options(plot, { labels, series }) {
  const text = ink("is-text");
  const font = `12px ${getComputedStyle(document.body).fontFamily}`;
  const axis = { stroke: text, font, ticks: { show: false } };
  const most = Math.max(1, ...series.flat());
  const every = Math.max(1, Math.ceil(labels.length / Math.max(1, Math.floor(plot.clientWidth / 96))));
  const short = (label) => (label.length > 14 ? `${label.slice(0, 13)}…` : label);
  return {
    width: plot.clientWidth - 16,
    height: plot.clientHeight,
    legend: { show: false },
    cursor: { show: false },
    scales: { x: { time: false, range: [-0.5, labels.length - 0.5] }, y: { range: [0, most * 1.1] } },
    axes: [
      { ...axis, size: 30, grid: { show: false }, splits: () => labels.map((_, i) => i).filter((i) => i % every === 0), values: (_, at) => at.map((i) => short(labels[i] ?? "")) },
      { ...axis, grid: { stroke: ink("is-grid"), width: 1 }, size: 44, incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000] },
    ],
    series: [
      {},
      ...series.map((_, i) => ({ fill: ink(`plot-color-${i + 1}`), points: { show: false }, paths: bars(i, series.length) })),
    ],
  };
}

const drawn = new Map();

function draw(plot) {
  drawn.get(plot)?.destroy();
  const figures = read(plot);
  drawn.set(plot, new uPlot(options(plot, figures), [figures.labels.map((_, i) => i), ...figures.series], plot));
}

const plots = [...document.querySelectorAll("[data-plot]")];
const drawAll = () => plots.forEach(draw);

drawAll();
let width = innerWidth;
addEventListener("resize", () => {
  if (innerWidth === width) return;
  width = innerWidth;
  drawAll();
});
addEventListener("beforeprint", drawAll);
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", drawAll);
new MutationObserver(drawAll).observe(document.documentElement, { attributeFilter: ["data-theme"] });
