"use strict";
// Copying commands, and finding rows. Without this script, and on paper, everything stands there to be read.
(() => {
  const copied = async (code) => {
    try {
      await navigator.clipboard.writeText(code.textContent);
      return true;
    } catch {
      const selection = getSelection();
      selection.selectAllChildren(code);
      return document.execCommand("copy");
    }
  };
  for (const button of document.querySelectorAll("button.copy")) {
    button.hidden = false;
    button.addEventListener("click", async () => {
      button.textContent = (await copied(button.previousElementSibling)) ? "Copied" : "Selected: copy it";
      setTimeout(() => { button.textContent = "Copy"; }, 2000);
    });
  }
  const form = document.querySelector(".filter");
  if (!form) return;
  const status = form.querySelector(".status");
  const groups = [...document.querySelectorAll(".group")].map((group) => ({
    group,
    folded: group.querySelector("details.folded"),
    rows: [...group.querySelectorAll("table.rows > tbody > tr:not(.more)")].map((row) => {
      const more = row.nextElementSibling?.matches(".more") ? row.nextElementSibling : null;
      return { row, more, text: (row.textContent + " " + (more?.textContent ?? "")).toLowerCase() };
    }),
  }));
  const all = groups.reduce((sum, one) => sum + one.rows.length, 0);
  const number = (n) => n.toLocaleString("en");

  const find = () => {
    const words = form.elements.text.value.toLowerCase().trim();
    let found = 0;
    for (const { group, folded, rows } of groups) {
      let here = 0;
      for (const { row, more, text } of rows) {
        const fits = text.includes(words);
        row.hidden = !fits;
        if (more) more.hidden = !fits;
        here += fits;
      }
      for (const table of group.querySelectorAll("table.rows")) {
        table.hidden = rows.every(({ row }) => row.hidden || !table.contains(row));
      }
      group.hidden = words !== "" && here === 0;
      if (folded && words) folded.open = here > 0;
      found += here;
    }
    status.textContent = !words ? ""
      : found ? `${number(found)} of the ${number(all)} rows on this page`
      : `No row on this page has “${form.elements.text.value.trim()}”.`;
  };
  const showAll = () => {
    form.elements.text.value = "";
    find();
    for (const { folded } of groups) if (folded) folded.open = false;
  };
  form.addEventListener("input", find);
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("reset", showAll);
  for (const link of document.querySelectorAll(".contents a")) {
    link.addEventListener("click", () => {
      if (form.elements.text.value) showAll();
      document.getElementById(link.hash.slice(1)).focus();
    });
  }
  form.hidden = all < 6;
})();
