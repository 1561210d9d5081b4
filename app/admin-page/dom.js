/** An element: all that it says is text, whatever is in it. */
export function element(name, attributes, ...children) {
  const made = document.createElement(name);
  for (const [attribute, value] of Object.entries(attributes)) made.setAttribute(attribute, String(value));
  made.append(...children.map((child) => (child instanceof Element ? child : String(child))));
  return made;
}

/** A line through values, of which null is a gap that is drawn across. */
export function graph(values, label) {
  const space = 'http://www.w3.org/2000/svg';
  const svg = document.createElementNS(space, 'svg');
  const line = document.createElementNS(space, 'polyline');
  const most = Math.max(1, ...values.map((value) => value ?? 0));
  const step = 100 / Math.max(1, values.length - 1);
  const points = values.flatMap((value, index) =>
    value === null ? [] : [`${(index * step).toFixed(2)},${(30 - (28 * value) / most).toFixed(2)}`],
  );
  line.setAttribute('points', points.join(' '));
  svg.setAttribute('viewBox', '0 0 100 30');
  svg.setAttribute('preserveAspectRatio', 'none');
  svg.setAttribute('class', 'graph');
  svg.setAttribute('role', 'img');
  svg.setAttribute('aria-label', label);
  svg.append(line);
  return svg;
}

export function span(seconds) {
  if (seconds < 60) return `${Math.round(seconds)} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${Math.round(seconds % 60)} s`;
  return `${Math.floor(seconds / 3600)} h ${Math.floor((seconds % 3600) / 60)} min`;
}

export function rounded(value, digits, unit) {
  return value === null ? '–' : `${value.toFixed(digits)}${unit}`;
}

export function timeOf(at) {
  return new Date(at).toLocaleTimeString();
}
