"use strict";
// Updates of the grid without reloads, dropped files, and the progress of a send. It judges nothing and builds no
// markup: every part of the page comes from the server. Without this script the same forms work with reloads.
(() => {
  const says = document.getElementById("says");
  const say = (text) => {
    says.textContent = text || "";
  };

  const put = (parts) => {
    for (const [id, html] of Object.entries(parts)) {
      const old = document.getElementById(id);
      if (!old) continue;
      const held = old.contains(document.activeElement) ? document.activeElement : null;
      const typed = held && held.id && held.value !== held.defaultValue ? held.value : null;
      const at = held && "selectionStart" in held ? held.selectionStart : null;
      const holder = document.createElement(old.tagName === "TR" ? "tbody" : "div");
      holder.innerHTML = html;
      const fresh = holder.firstElementChild;
      old.replaceWith(fresh);
      if (!held) continue;
      const again = (held.id && document.getElementById(held.id)) || fresh.querySelector("input:not([type=hidden]), textarea, button");
      if (!again) continue;
      if (typed !== null) again.value = typed;
      again.focus({ preventScroll: true });
      if (typed !== null && at !== null && again.setSelectionRange) again.setSelectionRange(at, at);
    }
  };

  // Changes are sent one after the other, as each is based on the result of the one before.
  let queue = Promise.resolve();
  const ask = (form, fields) => {
    queue = queue.then(async () => {
      try {
        const answer = await fetch(form.action, {
          method: "POST",
          headers: { Accept: "application/json" },
          body: new URLSearchParams(fields()),
        });
        const done = await answer.json();
        if (done.parts) put(done.parts);
        say(done.says);
      } catch {
        say("The page's command has ended, or cannot be reached: the last change is not saved.");
      }
    });
    return queue;
  };

  const rowFields = (row) => {
    const form = document.getElementById("rows");
    const fields = [["row", row.dataset.row]];
    for (const name of ["state", "code", "start"]) fields.push([name, form.elements[name].value]);
    for (const one of row.querySelectorAll("input, textarea")) if (one.name) fields.push([one.name, one.value]);
    return fields;
  };

  const rowOf = (number) => document.getElementById(`row-${number}`);

  document.addEventListener("change", (event) => {
    const row = event.target.closest("table.grid tr[data-row]");
    if (!row) return;
    const number = row.dataset.row;
    row.classList.add("saving");
    ask(document.getElementById("rows"), () => rowFields(rowOf(number)));
  });

  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.id !== "rows") return;
    event.preventDefault();
    const button = event.submitter;
    const row = button && button.closest("tr[data-row]");
    if (row) {
      const number = row.dataset.row;
      ask(form, () => [...rowFields(rowOf(number)), [button.name, button.value]]);
    } else if (button && button.name === "all") {
      ask(form, () => [...new FormData(document.getElementById("rows")), ["all", button.value]]);
    }
  });

  // A typed answer is the chosen one.
  document.addEventListener("input", (event) => {
    const radio = event.target.name.startsWith("typed.") && event.target.closest("label").querySelector("[type=radio]");
    if (radio) radio.checked = true;
  });

  // What takes seconds says so; the answer is another page.
  for (const kind of ["submit", "click"]) {
    document.addEventListener(kind, (event) => {
      const one = event.target.closest("[data-says]");
      const elsewhere = event.defaultPrevented || event.ctrlKey || event.metaKey;
      if (one && (kind === "submit" || one.tagName === "A") && !elsewhere) say(one.dataset.says);
    });
  }
  window.addEventListener("pageshow", () => say(""));

  const cells = () => [...document.querySelectorAll("table.grid tbody tr")].map((row) => [...row.querySelectorAll("td")]);
  const fieldIn = (cell) => cell && cell.querySelector("input, textarea");

  document.addEventListener("keydown", (event) => {
    const field = event.target;
    const cell = field.closest && field.closest("table.grid td");
    if (!cell || !("value" in field) || field.tagName === "BUTTON") return;
    if (event.key === "Escape") {
      field.value = field.defaultValue;
      field.select();
      event.preventDefault();
      return;
    }
    const start = field.selectionStart === 0 && field.selectionEnd === 0;
    const end = field.selectionStart === field.value.length;
    const all = field.selectionEnd - field.selectionStart === field.value.length;
    const several = field.tagName === "TEXTAREA";
    const steps = {
      Enter: event.shiftKey ? [-1, 0] : [1, 0],
      ArrowUp: several ? null : [-1, 0],
      ArrowDown: several ? null : [1, 0],
      ArrowLeft: start || all ? [0, -1] : null,
      ArrowRight: end || all ? [0, 1] : null,
    };
    const step = steps[event.key];
    if (!step || event.ctrlKey || event.altKey || event.metaKey || (several && event.key === "Enter" && event.shiftKey)) return;
    event.preventDefault();
    const table = cells();
    let row = table.findIndex((one) => one.includes(cell));
    let column = table[row].indexOf(cell);
    let next = null;
    while (!next) {
      row += step[0];
      column += step[1];
      if (!table[row] || !table[row][column]) break;
      next = fieldIn(table[row][column]);
    }
    if (next) {
      next.focus();
      next.select();
    } else if (event.key === "Enter") {
      field.blur();
      field.focus();
    }
  });

  const drop = document.getElementById("drop");
  if (drop) {
    const file = document.getElementById("file");
    for (const kind of ["dragenter", "dragover"]) {
      document.addEventListener(kind, (event) => {
        event.preventDefault();
        drop.classList.add("over");
      });
    }
    document.addEventListener("dragleave", (event) => {
      if (!event.relatedTarget) drop.classList.remove("over");
    });
    document.addEventListener("drop", (event) => {
      event.preventDefault();
      drop.classList.remove("over");
      const dropped = event.dataTransfer.files;
      if (dropped.length > 1) say("Drop one file after the other.");
      if (dropped.length !== 1) return;
      file.files = dropped;
      drop.requestSubmit();
    });
    drop.addEventListener("submit", (event) => {
      if (![...file.files].some((one) => one.size > Number(drop.dataset.largest))) return;
      event.preventDefault();
      say(drop.dataset.tooLarge);
    });
    file.addEventListener("change", () => file.files.length && drop.requestSubmit());
  }

  // During a check the page is reloaded; during a send its outcome is polled.
  const job = () => document.querySelector("#job[data-running]");
  if (job()) {
    const look = async () => {
      try {
        const state = await (await fetch(`${location.pathname.replace(/\/send$/, "")}/job`)).json();
        put(state.parts);
        if (state.running) setTimeout(look, 400);
        else location.reload();
      } catch {
        say("The page's command has ended. `uploader history` has the outcome of the file.");
      }
    };
    setTimeout(look, 300);
  } else if (document.body.dataset.wait) {
    setTimeout(() => location.reload(), 700);
  }
})();
