/** What the page does outside its own document: files, the clipboard, the address bar, and what the reader prefers. */

/** Hands a file to the reader. */
export function saveFile(name: string, bytes: Uint8Array<ArrayBuffer>, type = "application/x-pcapng"): void {
  const url = URL.createObjectURL(new Blob([bytes], { type }));
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}

/** Puts a text on the clipboard; false where the browser does not let us. */
export async function copyText(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return false;
  }
}

/** Browsers count how often the address changes. */
const ADDRESS_PAUSE = 500;
let isPending = false;

/** Shows the fragment in the address bar, soon. */
export function showFragment(fragment: () => string): void {
  if (isPending) return;
  isPending = true;
  setTimeout(() => {
    isPending = false;
    const wanted = fragment() === "" ? "" : `#${fragment()}`;
    const without = location.pathname + location.search;
    if (location.hash !== wanted) history.replaceState(null, "", wanted === "" ? without : wanted);
  }, ADDRESS_PAUSE);
}

const THEMES = ["", "light", "dark"] as const;
const KEPT = "tapvs-theme";

/** The theme that the reader chose last time. */
export function restoreTheme(): void {
  setTheme(kept());
}

/** As the system has it, then light, then dark. */
export function nextTheme(): string {
  const present = THEMES.indexOf(
    THEMES.find((theme) => theme === (document.documentElement.dataset.theme ?? "")) ?? "",
  );
  const theme = THEMES[(present + 1) % THEMES.length] ?? "";
  setTheme(theme);
  try {
    localStorage.setItem(KEPT, theme);
  } catch {
    // A page from disk may have nowhere to keep it.
  }
  return theme === "" ? "as the system" : theme;
}

function setTheme(theme: string): void {
  if (theme === "") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
}

function kept(): string {
  try {
    return localStorage.getItem(KEPT) ?? "";
  } catch {
    return "";
  }
}
