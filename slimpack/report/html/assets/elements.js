// Elements from names, properties and children; texts are always texts, never markup.

function element(name, properties, ...children) {
    const made = document.createElement(name);
    for (const [key, value] of Object.entries(properties ?? {})) {
        if (value === undefined || value === null || value === false) continue;
        if (key === "class") made.className = value;
        else if (key.startsWith("on")) made.addEventListener(key.slice(2), value);
        else made.setAttribute(key, value === true ? "" : value);
    }
    made.append(...children.flat(Infinity).filter((child) => child || child === 0));
    return made;
}

function button(text, onclick, properties) {
    return element("button", { type: "button", onclick, ...properties }, text);
}

function link(text, onclick) {
    return button(parted(text), onclick, { class: "link" });
}

// A path or dotted name that breaks between its parts, where it must.
function parted(text) {
    return text
        .split(text.includes("/") ? /(?<=\/)/ : /(?<=\.)/)
        .flatMap((part) => [element("wbr"), part])
        .slice(1);
}

// A bar of two lengths on one scale: pale for before, solid for after.
function bar(before, after, whole) {
    const space = "http://www.w3.org/2000/svg";
    const svg = document.createElementNS(space, "svg");
    svg.setAttribute("class", "bar-cell");
    svg.setAttribute("aria-hidden", "true");
    for (const [kind, value] of [
        ["rail", before],
        ["used", after],
    ]) {
        const rect = document.createElementNS(space, "rect");
        rect.setAttribute("class", kind);
        rect.setAttribute("height", "100%");
        rect.setAttribute("width", whole ? `${Math.min((100 * value) / whole, 100)}%` : "0");
        svg.append(rect);
    }
    return svg;
}

function byId(id) {
    return document.getElementById(id);
}

// New children, without losing the focus of the one that has it: they are told apart by their text or key.
function replaced(parent, children) {
    const key = (one) => one.dataset?.key ?? one.textContent;
    const held = parent.contains(document.activeElement) && key(document.activeElement);
    parent.replaceChildren(...children);
    if (held)
        [...parent.querySelectorAll("button")]
            .find((one) => key(one) === held)
            ?.focus({ preventScroll: true });
}

function legendEntry(kind, name, about, value, pressed, onclick) {
    return element(
        "li",
        {},
        button([element("i", { class: kind }), name, element("span", {}, value)], onclick, {
            title: about,
            "aria-pressed": String(pressed),
            "data-key": name,
        }),
    );
}

// One line below a chart says what is under the pointer or has the focus.
function pointed(chart, line, words) {
    const tell = (event) => {
        const item = event.target.closest("[role=treeitem]")?.item;
        line.textContent = item ? words(item) : "";
    };
    chart.addEventListener("pointerover", tell);
    chart.addEventListener("focusin", tell);
    chart.addEventListener("pointerleave", () => (line.textContent = ""));
}

function resized(chart, draw) {
    let width = 0;
    new ResizeObserver(() => {
        if (chart.clientWidth === width || matchMedia("print").matches) return;
        width = chart.clientWidth;
        requestAnimationFrame(draw);
    }).observe(chart);
}
