// Pictures, decoded before they are shown; and the moment at which one was painted.

const MOST = 160;
const kept = new Map();

export const address = (sha256, size) => `/picture/${size}/${sha256}`;

/** A decoded <img>, made once: { img, ready, ok }. `ready` never rejects. */
export function picture(sha256, size) {
  const at = address(sha256, size);
  let one = kept.get(at);
  if (one) {
    kept.delete(at);
  } else {
    const img = new Image();
    img.decoding = "async";
    img.alt = "";
    img.draggable = false;
    one = { img, ok: null, ready: null };
    img.src = at;
    one.ready = img.decode().then(
      () => { one.ok = true; },
      () => { one.ok = false; kept.delete(at); },
    );
  }
  kept.set(at, one);
  for (const [old, each] of kept) {
    if (kept.size <= MOST) break;
    if (!each.img.isConnected) kept.delete(old);
  }
  return one;
}

/** Resolves with the time at which what stands in the document now has been painted. */
export const painted = () =>
  new Promise((resolve) => {
    requestAnimationFrame(() => requestAnimationFrame((time) => resolve(time)));
  });

/** What is shown where a picture cannot be. */
export function unshown() {
  const said = document.createElement("p");
  said.className = "unshown";
  said.textContent = "This picture cannot be shown.";
  return said;
}
