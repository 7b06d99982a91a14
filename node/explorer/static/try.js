"use strict";
// Sends what stands in a form to this node and shows what it answers.
for (const form of document.querySelectorAll("form[data-try]")) {
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const out = form.querySelector("pre");
    out.hidden = false;
    try {
      const answer = await fetch("/", { method: "POST", headers: { "content-type": "application/json" }, body: form.querySelector("textarea").value });
      const text = await answer.text();
      try { out.textContent = JSON.stringify(JSON.parse(text), null, 2); } catch { out.textContent = text; }
    } catch { out.textContent = "the node does not answer"; }
  });
}
