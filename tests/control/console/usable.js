// What keeps somebody from using the page: a list of complaints, empty where it is as it should be.
() => {
  const all = (selector) => [...document.querySelectorAll(selector)];
  const said = (element) => element.outerHTML.slice(0, 160);
  const complaints = [];
  const complain = (what, elements) => elements.forEach((each) => complaints.push(`${what}: ${said(each)}`));

  complain("no name", all("input:not([type=hidden]), textarea, select, button, a, summary").filter((each) =>
    !each.labels?.length && !each.getAttribute("aria-label") && !each.textContent.trim()));

  const ids = all("[id]").map((each) => each.id);
  complain("id twice", all("[id]").filter((each) => ids.filter((id) => id === each.id).length > 1));

  for (const name of ["aria-describedby", "aria-labelledby", "for"]) {
    complain("leads nowhere", all(`[${name}]`).filter((each) =>
      each.getAttribute(name).split(" ").some((id) => !document.getElementById(id))));
  }

  const levels = all("h1, h2, h3, h4").map((each) => Number(each.tagName[1]));
  if (levels[0] !== 1 || levels.filter((level) => level === 1).length !== 1) complaints.push(`headings: ${levels}`);
  if (levels.some((level, at) => at && level > levels[at - 1] + 1)) complaints.push(`headings leap: ${levels}`);

  for (const landmark of ["main", "header"]) {
    if (all(landmark).length !== 1) complaints.push(`not one ${landmark}`);
  }
  if (!document.documentElement.lang || !document.title) complaints.push("no language or title");

  const { scrollWidth, clientWidth } = document.documentElement;
  if (scrollWidth > clientWidth) complaints.push(`wider than the window: ${scrollWidth} > ${clientWidth}`);

  // Every text against the ground that is behind it (WCAG 2.2, 1.4.3).
  const colour = (text) => {
    const [red, green, blue, alpha = 1] = text.match(/[\d.]+/g).map(Number);
    return { red, green, blue, alpha };
  };
  const linear = (value) => (value / 255 <= 0.03928 ? value / 255 / 12.92 : ((value / 255 + 0.055) / 1.055) ** 2.4);
  const light = ({ red, green, blue }) => 0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue);
  const ground = (element) => {
    for (let each = element; each; each = each.parentElement) {
      const found = colour(getComputedStyle(each).backgroundColor);
      if (found.alpha === 1) return found;
    }
    return { red: 255, green: 255, blue: 255 };
  };
  complain("faint", all("body *").filter((each) => {
    const text = [...each.childNodes].some((node) => node.nodeType === Node.TEXT_NODE && node.data.trim());
    if (!text || !each.checkVisibility()) return false;
    const lights = [light(colour(getComputedStyle(each).color)), light(ground(each))];
    return (Math.max(...lights) + 0.05) / (Math.min(...lights) + 0.05) < 4.5;
  }));
  return complaints;
}
