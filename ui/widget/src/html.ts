// Elements described as data, and a painter that changes the document to what
// is described. What stays keeps its element, and with it the focus, the
// selection and what was typed. Text is only ever set as text.

type Value = string | number | boolean | null | undefined | ((event: never) => void);

/** Attributes by their names, handlers as "onclick"; key tells siblings apart. */
export type Props = { key?: string; [name: string]: Value };

export interface Tag {
  name: string;
  props: Props;
  children: (Tag | string)[];
}

/** What is false or nothing is not drawn. */
export type Child = Tag | string | number | false | null | undefined | Child[];

/** h describes an element. */
export function h(name: string, props: Props | null, ...children: Child[]): Tag {
  return { name, props: props ?? {}, children: flat(children) };
}

function flat(children: Child[]): (Tag | string)[] {
  const out: (Tag | string)[] = [];
  for (const child of children) {
    if (Array.isArray(child)) out.push(...flat(child));
    else if (typeof child === "number") out.push(String(child));
    else if (child !== false && child !== null && child !== undefined && child !== "") out.push(child);
  }
  return out;
}

/**
 * sent is the form that a click on its submit button is about; the Enter key
 * clicks there too. A form is never submitted: a host whose frames may not do
 * that would not even tell that it was to be.
 */
export function sent(click: Event): HTMLFormElement {
  click.preventDefault();
  return (click.currentTarget as HTMLButtonElement).form as HTMLFormElement;
}

/** paint makes the children of an element what is described. */
export function paint(parent: Element, children: Child[]): void {
  place(parent, flat(children));
}

const drawn = new WeakMap<Node, Tag>();

function place(parent: Element, wanted: (Tag | string)[]): void {
  const old = [...parent.childNodes];
  const kept = new Set<Node>();
  const nodes = wanted.map((want) => {
    const found = old.find((node) => !kept.has(node) && fits(node, want));
    if (!found) return create(want, parent);
    kept.add(found);
    renew(found, want);
    return found;
  });
  // What goes is taken out first: what stays is then mostly in its place, and
  // an element that is not moved keeps the focus.
  for (const node of old) if (!kept.has(node)) node.remove();
  nodes.forEach((node, i) => {
    const there = parent.childNodes[i] ?? null;
    if (there !== node) parent.insertBefore(node, there);
  });
}

function fits(node: Node, want: Tag | string): boolean {
  if (typeof want === "string") return node.nodeType === Node.TEXT_NODE;
  const tag = drawn.get(node);
  return tag !== undefined && tag.name === want.name && tag.props.key === want.props.key;
}

const drawing = "http://www.w3.org/2000/svg";

function create(want: Tag | string, parent: Element): Node {
  if (typeof want === "string") return document.createTextNode(want);
  const inDrawing = want.name === "svg" || parent.namespaceURI === drawing;
  const element = inDrawing ? document.createElementNS(drawing, want.name) : document.createElement(want.name);
  apply(element, {}, want.props);
  place(element, want.children);
  drawn.set(element, want);
  return element;
}

function renew(node: Node, want: Tag | string): void {
  if (typeof want === "string") {
    if (node.nodeValue !== want) node.nodeValue = want;
    return;
  }
  apply(node as Element, drawn.get(node)?.props ?? {}, want.props);
  place(node as Element, want.children);
  drawn.set(node, want);
}

function apply(element: Element, before: Props, after: Props): void {
  for (const name of Object.keys(before)) {
    if (!(name in after)) set(element, name, undefined);
  }
  for (const [name, value] of Object.entries(after)) {
    // What a reader chose or typed may differ from what was drawn last.
    if (value !== before[name] || name === "checked") set(element, name, value);
  }
}

function set(element: Element, name: string, value: Value): void {
  if (name === "key") return;
  if (name.startsWith("on")) {
    Object.assign(element, { [name]: value ?? null });
  } else if (name === "checked" && element instanceof HTMLInputElement) {
    element.checked = value === true;
  } else if (value === false || value === null || value === undefined) {
    element.removeAttribute(name);
  } else {
    element.setAttribute(name, value === true ? "" : String(value));
  }
}
