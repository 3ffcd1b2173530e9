// One tab stop for a chart: the arrows move among its items as in a tree, where an item knows parent and children.

function roving(container, { open, zoom, out }) {
    let items = [];
    let current;

    function focus(item) {
        if (!item) return;
        current?.element.setAttribute("tabindex", "-1");
        current = item;
        item.element.setAttribute("tabindex", "0");
    }

    function besides(item, step) {
        const all = item.parent?.children ?? items.filter((one) => !one.parent);
        return all[all.indexOf(item) + step];
    }

    container.addEventListener("keydown", (event) => {
        if (!current || event.ctrlKey || event.metaKey || event.altKey) return;
        const moves = {
            ArrowRight: () => besides(current, 1),
            ArrowLeft: () => besides(current, -1),
            ArrowDown: () => current.children[0],
            ArrowUp: () => current.parent,
            Home: () => items[0],
            End: () => items.at(-1),
        };
        const acts = {
            Enter: () => open(current, true),
            " ": () => open(current, true),
            "+": () => zoom(current),
            "-": out,
            Escape: out,
        };
        if (event.key === "Escape" && !details.panel.hidden) return;
        if (moves[event.key]) {
            focus(moves[event.key]());
            current.element.focus();
        } else if (acts[event.key]) acts[event.key]();
        else return;
        event.preventDefault();
        event.stopPropagation();
    });
    container.addEventListener("focusin", (event) =>
        focus(items.find((item) => item.element === event.target)),
    );

    // Draws by calling `draw`, which returns the items; the focus stays where it was, if that is still there.
    return (draw) => {
        const held = container.contains(document.activeElement);
        const before = current?.key;
        items = draw();
        current = undefined;
        focus(items.find((item) => item.key === before) ?? items[0]);
        if (held) current?.element.focus({ preventScroll: true });
    };
}
