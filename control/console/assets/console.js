// What a page does by itself: it follows what goes on, filters the list, copies texts. Without it, every page
// works and shows what was so when it was asked for.
"use strict";

document.documentElement.classList.add("js");

const sleep = (milliseconds) => new Promise((wake) => setTimeout(wake, milliseconds));

// Parts stay the same elements, so that screen readers hear of a change, and keep the focus that is in them.
function renew(fresh) {
  for (const part of fresh.querySelectorAll("[data-part]")) {
    const shown = document.getElementById(part.id);
    if (!shown) continue;
    for (const name of ["state", "live", "every"]) {
      if (name in part.dataset) shown.dataset[name] = part.dataset[name];
      else if (part.dataset.state === "gone") delete shown.dataset[name];
    }
    if (shown.innerHTML === part.innerHTML) continue;
    const focused = shown.contains(document.activeElement) ? document.activeElement.id : "";
    const scrolled = [...shown.querySelectorAll(".log")].map((log) => log.scrollTop + log.clientHeight >= log.scrollHeight - 4);
    shown.innerHTML = part.innerHTML;
    shown.querySelectorAll(".log").forEach((log, at) => { if (scrolled[at]) log.scrollTop = log.scrollHeight; });
    if (focused) document.getElementById(focused)?.focus();
  }
}

async function page(url) {
  const answer = await fetch(url, { cache: "no-store" });
  if (answer.status === 401) location.reload(); // to the page that asks who is there
  if (!answer.ok) throw new Error(String(answer.status));
  return new DOMParser().parseFromString(await answer.text(), "text/html");
}

// An answer to what is not asked any more is not shown.
async function look(root) {
  const asked = root.dataset.live;
  const fresh = await page(asked);
  if (root.dataset.live === asked) renew(fresh);
}

async function follow(root) {
  while (root.dataset.live) {
    await sleep(Number(root.dataset.every));
    if (document.hidden) continue;
    const before = root.dataset.state;
    try {
      await look(root);
      if (root.dataset.state !== before && root.dataset.state !== "gone") renew(await page(location.href));
    } catch {
      await sleep(2000); // it does not answer now; what is shown stays
    }
  }
}

// Who types is shown what the server finds; the address keeps it for the next visit.
async function filter(event) {
  const root = document.getElementById(event.target.dataset.filter);
  const query = `q=${encodeURIComponent(event.target.value)}`;
  const url = (root.dataset.live = `/console/rows?${query}`);
  await sleep(150);
  if (root.dataset.live !== url) return; // something else was typed meanwhile
  history.replaceState(null, "", `/console?${query}`);
  try {
    await look(root);
  } catch {
    // it is asked again soon
  }
}

async function copy(button) {
  const from = document.getElementById(button.dataset.copy);
  try {
    await navigator.clipboard.writeText(from.textContent);
    button.textContent = "Copied";
    document.getElementById("heard").textContent = "Copied";
  } catch {
    getSelection().selectAllChildren(from); // the browser does not allow it: one key does the rest
    document.getElementById("heard").textContent = "Selected; press Ctrl+C to copy";
  }
  await sleep(2000);
  button.textContent = "Copy";
  document.getElementById("heard").textContent = "";
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-copy]");
  if (button) copy(button);
});

// Who clicks twice creates once.
document.addEventListener("submit", (event) => {
  const button = event.target.querySelector("button");
  if (event.target.dataset.sent) event.preventDefault();
  else if (event.target.method === "post") {
    event.target.dataset.sent = "yes";
    button?.setAttribute("aria-busy", "true");
  } else if (event.target.querySelector("[data-filter]")) event.preventDefault(); // it follows what is typed
});
addEventListener("pageshow", (event) => {
  if (!event.persisted) return;
  for (const form of document.forms) delete form.dataset.sent;
});

document.querySelector("[data-filter]")?.addEventListener("input", filter);
for (const root of document.querySelectorAll("[data-live]")) follow(root);
for (const log of document.querySelectorAll(".log")) log.scrollTop = log.scrollHeight;
