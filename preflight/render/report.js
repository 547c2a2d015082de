"use strict";
// The problems table: filter, sort, page. Without this script, and on paper, it stands there whole.
(() => {
  const PAGE = 50;
  const body = document.querySelector("table.list tbody");
  if (!body) return;
  const form = document.querySelector(".filters");
  const status = document.querySelector(".status");
  const pages = document.querySelector(".pages");
  const previous = pages.querySelector("[name=previous]");
  const next = pages.querySelector("[name=next]");
  const heads = [...document.querySelectorAll("table.list th[data-key]")];
  const rows = [...body.rows].map((row, place) => ({
    element: row,
    place,
    row: Number(row.dataset.row),
    code: row.dataset.code,
    column: row.dataset.column,
    text: row.textContent.toLowerCase(),
  }));
  let sort = { key: "row", direction: 1 };
  let page = 0;
  let found = rows;

  const compare = (a, b) => {
    const [x, y] = [a[sort.key], b[sort.key]];
    const order = typeof x === "number" ? x - y : x.localeCompare(y);
    return order * sort.direction || a.place - b.place;
  };

  const choose = () => {
    const { code, column, text } = form.elements;
    const words = text.value.toLowerCase().trim();
    found = rows
      .filter((r) => !code.value || r.code === code.value)
      .filter((r) => !column.value || r.column === column.value)
      .filter((r) => r.text.includes(words))
      .sort(compare);
    page = 0;
    show();
  };

  const show = () => {
    const last = Math.max(0, Math.ceil(found.length / PAGE) - 1);
    const shown = found.slice(page * PAGE, (page + 1) * PAGE);
    body.replaceChildren(...shown.map((r) => r.element));
    const number = (n) => n.toLocaleString("en");
    const from = shown.length ? page * PAGE + 1 : 0;
    const all = found.length === rows.length ? "" : `, of ${number(rows.length)} in all`;
    status.textContent = `${number(from)}–${number(page * PAGE + shown.length)} of ${number(found.length)}${all}`;
    pages.hidden = last === 0;
    pages.querySelector("span").textContent = `Page ${number(page + 1)} of ${number(last + 1)}`;
    previous.disabled = page === 0;
    next.disabled = page === last;
  };

  const turn = (by) => {
    page += by;
    show();
    document.getElementById("problems").scrollIntoView();
  };

  for (const head of heads) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = head.textContent;
    head.replaceChildren(button);
    button.addEventListener("click", () => {
      const same = sort.key === head.dataset.key;
      sort = { key: head.dataset.key, direction: same ? -sort.direction : 1 };
      for (const other of heads) other.removeAttribute("aria-sort");
      head.setAttribute("aria-sort", sort.direction === 1 ? "ascending" : "descending");
      choose();
    });
  }
  for (const link of document.querySelectorAll("a[data-code]")) {
    link.addEventListener("click", () => {
      form.reset();
      form.elements.code.value = link.dataset.code;
      choose();
    });
  }
  form.addEventListener("input", choose);
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("reset", () => setTimeout(choose));
  previous.addEventListener("click", () => turn(-1));
  next.addEventListener("click", () => turn(1));
  addEventListener("beforeprint", () => body.replaceChildren(...found.map((r) => r.element)));
  addEventListener("afterprint", show);
  form.hidden = false;
  show();
})();
