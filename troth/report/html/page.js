
"use strict";
// What the page does beyond reading: filter, search, open and close. Without it everything is there.
(() => {
  const find = (selector, root = document) => Array.from(root.querySelectorAll(selector));
  const byId = (id) => document.getElementById(id);
  const form = byId("filter");
  const query = byId("q");
  const rows = find("tr.c").map((element) => ({
    element,
    section: element.closest("section.doc"),
    details: element.querySelector("details"),
    words: null,
  }));

  // The text of a row is read when somebody first searches, not when the page opens.
  const wordsOf = (row) => {
    row.words ??= `${row.section.dataset.doc} ${row.element.textContent}`.toLowerCase();
    return row.words;
  };

  const matches = (row, wanted) =>
    wanted.verdicts.has(row.element.dataset.v) &&
    (!wanted.doc || row.section.dataset.doc === wanted.doc) &&
    (!wanted.assess || row.element.dataset.a === wanted.assess) &&
    wanted.terms.every((term) => wordsOf(row).includes(term));

  const apply = () => {
    const wanted = {
      verdicts: new Set(find("input[name=v]:checked", form).map((box) => box.value)),
      doc: byId("doc").value,
      assess: byId("assess").value,
      terms: query.value.toLowerCase().split(/\s+/).filter(Boolean),
    };
    const kept = new Map();
    let number = 0;
    for (const row of rows) {
      const hit = matches(row, wanted);
      row.element.classList.toggle("off", !hit);
      number += hit;
      kept.set(row.section, (kept.get(row.section) ?? false) || hit);
    }
    for (const [section, any] of kept) section.classList.toggle("off", !any);
    byId("nothing").hidden = number > 0;
    byId("count").value = `${number.toLocaleString("en")} of ${rows.length.toLocaleString("en")} clauses shown`;
  };

  const reset = () => {
    form.reset();
    apply();
  };

  const openAll = (open) => {
    for (const row of rows) {
      if (!row.element.classList.contains("off")) row.details.open = open;
    }
  };

  // A link to a clause opens it, and brings it back if the filter has put it away.
  const follow = () => {
    let name = location.hash.slice(1);
    try {
      name = decodeURIComponent(name);
    } catch {
      return;
    }
    const row = rows.find((one) => one.element.id === name);
    if (!row) return;
    if (row.element.classList.contains("off")) reset();
    row.details.open = true;
    row.element.scrollIntoView();
  };

  let pending = 0;
  query.addEventListener("input", () => {
    clearTimeout(pending);
    pending = setTimeout(apply, 120);
  });
  form.addEventListener("change", apply);
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("reset", () => setTimeout(apply));
  byId("open").addEventListener("click", () => openAll(true));
  byId("close").addEventListener("click", () => openAll(false));
  byId("again").addEventListener("click", () => {
    reset();
    query.focus();
  });
  window.addEventListener("hashchange", follow);

  // Paper gets everything: style sheets of some browsers cannot open what is closed.
  let opened = [];
  window.addEventListener("beforeprint", () => {
    opened = find("details:not([open])");
    for (const details of opened) details.open = true;
  });
  window.addEventListener("afterprint", () => {
    for (const details of opened) details.open = false;
    opened = [];
  });

  form.hidden = false;
  apply();
  follow();
})();
