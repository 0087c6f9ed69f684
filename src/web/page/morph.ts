/**
 * Makes the page look as its markup says, and leaves what is so already: focus, scrolling and open details survive.
 * Children with `data-key` are found again wherever they went; what is inside `data-moving` belongs to somebody else.
 */

/** Puts the markup, which `html` made, into the element. */
export function morphInto(element: Element, markup: string): void {
  const wanted = document.createElement("template");
  wanted.innerHTML = markup;
  morphChildren(element, wanted.content);
}

const keyOf = (node: Node): string | undefined =>
  node instanceof Element ? (node.getAttribute("data-key") ?? undefined) : undefined;

const alike = (a: Node, b: Node): boolean =>
  a.nodeType === b.nodeType && a.nodeName === b.nodeName && keyOf(a) === keyOf(b);

function morphChildren(parent: Element | DocumentFragment, wanted: Element | DocumentFragment): void {
  const keyed = new Map<string, ChildNode>();
  for (const child of parent.childNodes) {
    const key = keyOf(child);
    if (key !== undefined) keyed.set(key, child);
  }
  let present = parent.firstChild;
  for (const next of [...wanted.childNodes]) {
    const key = keyOf(next);
    const known = key === undefined ? undefined : keyed.get(key);
    if (known !== undefined && known !== present && alike(known, next)) {
      parent.insertBefore(known, present);
      present = known;
    }
    // A keyed child that comes again later keeps its place until then.
    while (present !== null && key === undefined && keyOf(present) !== undefined && !alike(present, next)) {
      const passed: ChildNode = present;
      present = passed.nextSibling;
      passed.remove();
    }
    if (present !== null && alike(present, next)) {
      const after: ChildNode | null = present.nextSibling;
      morphNode(present, next);
      present = after;
    } else if (present !== null && key === undefined) {
      const after: ChildNode | null = present.nextSibling;
      present.replaceWith(next);
      present = after;
    } else parent.insertBefore(next, present);
  }
  while (present !== null) {
    const after: ChildNode | null = present.nextSibling;
    present.remove();
    present = after;
  }
}

function morphNode(present: Node, wanted: Node): void {
  if (!(present instanceof Element) || !(wanted instanceof Element)) {
    if (present.nodeValue !== wanted.nodeValue) present.nodeValue = wanted.nodeValue;
    return;
  }
  const isNew = morphAttributes(present, wanted);
  if (!present.hasAttribute("data-moving")) morphChildren(present, wanted);
  if (isNew || present instanceof HTMLSelectElement || present instanceof HTMLTextAreaElement)
    morphState(present, wanted);
}

/** Whether an attribute is other than it was. Whether details are open is the reader's affair. */
function morphAttributes(present: Element, wanted: Element): boolean {
  let changed = false;
  for (const { name, value } of wanted.attributes) {
    if (name === "open" || present.getAttribute(name) === value) continue;
    present.setAttribute(name, value);
    changed = true;
  }
  for (const { name } of [...present.attributes]) {
    if (name === "open" || wanted.hasAttribute(name)) continue;
    present.removeAttribute(name);
    changed = true;
  }
  return changed || present instanceof HTMLInputElement;
}

/** What a form shows besides its attributes. A field that is being filled in is left alone. */
function morphState(present: Element, wanted: Element): void {
  if (present === document.activeElement && present instanceof HTMLInputElement && present.type !== "checkbox") return;
  if (present instanceof HTMLInputElement && wanted instanceof HTMLInputElement) {
    present.checked = wanted.hasAttribute("checked");
    const value = wanted.getAttribute("value");
    if (value !== null && present.type !== "checkbox") present.value = value;
  } else if (present instanceof HTMLTextAreaElement && wanted instanceof HTMLTextAreaElement) {
    if (present !== document.activeElement && present.value !== wanted.value) present.value = wanted.value;
  } else if (present instanceof HTMLSelectElement && wanted instanceof HTMLSelectElement) present.value = wanted.value;
}
