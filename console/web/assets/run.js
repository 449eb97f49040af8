// Renews how far a run is, and shows the page anew when it has ended.
const EVERY_MS = 1_000;
const bar = document.querySelector("[data-share]");
const text = document.querySelector("[data-percent]");

async function look() {
  if (document.hidden) return;
  const response = await fetch(location.href, { headers: { accept: "application/json" } });
  if (!response.ok) return;
  const { run, share } = await response.json();
  if (run.state !== "running") return location.reload();
  const percent = Math.floor(share * 100);
  bar.value = percent;
  text.textContent = `${percent} %`;
}

/** A page of which a field is being filled in is not taken away. */
const isFilling = () => Boolean(document.activeElement?.closest("form"));

async function watch() {
  if (!isFilling()) await look().catch(() => {});
  setTimeout(watch, EVERY_MS);
}

setTimeout(watch, EVERY_MS);
