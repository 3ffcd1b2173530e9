// A table that sorts by any column and filters by any word; long ones grow on demand.

const [FIRST, MORE] = [15, 200];

// columns: {name, value(row), show(row), number, minor}; `minor` ones give way on a phone.
function table(place, { title, level = "h2", about, columns, rows, by, empty, unit }) {
    const state = { by, down: ordered(columns[by]), filter: "", shown: FIRST };
    const texts = new Map(
        rows.map((row) => [
            row,
            columns
                .map((column) => String(column.value(row)))
                .join(" ")
                .toLowerCase(),
        ]),
    );
    const heading = element(level, { id: `${place.id}-title` }, title);
    place.setAttribute("aria-labelledby", heading.id);
    if (!rows.length) {
        place.replaceChildren(heading, element("p", { class: "about" }, empty));
        return { filter() {} };
    }
    const input = element("input", {
        type: "search",
        placeholder: "Filter",
        "aria-label": `Filter: ${title}`,
        oninput: () => filter(input.value),
    });
    const told = element("output", { class: "count" });
    const head = element("tr", {});
    const body = element("tbody", {});
    const more = button("", () => ((state.shown += MORE), draw()), { class: "more" });
    const scroll = element(
        "div",
        { class: "scroll" },
        element(
            "table",
            {},
            element("caption", { class: "unseen" }, title),
            element("thead", {}, head),
            body,
        ),
    );
    place.replaceChildren(
        element(
            "div",
            { class: "table-head" },
            heading,
            element("div", { class: "filter" }, told, rows.length > 5 ? input : ""),
        ),
        about ? element("p", { class: "about" }, about) : "",
        scroll,
        more,
    );

    function filter(text) {
        Object.assign(state, { filter: text, shown: FIRST });
        input.value = text;
        draw();
        place.scrollIntoView({ block: "nearest" });
    }

    function sort(at) {
        state.down = state.by === at ? !state.down : ordered(columns[at]);
        state.by = at;
        draw();
    }

    function draw() {
        const words = state.filter.toLowerCase().split(/\s+/).filter(Boolean);
        const found = rows.filter((row) => words.every((word) => texts.get(row).includes(word)));
        const column = columns[state.by];
        const compare = (one, other) =>
            ordered(column)
                ? column.value(one) - column.value(other)
                : byName(String(column.value(one)), String(column.value(other)));
        found.sort((one, other) => (state.down ? compare(other, one) : compare(one, other)));
        replaced(
            head,
            columns.map((each, at) => {
                const sorted = at === state.by && (state.down ? "descending" : "ascending");
                return element(
                    "th",
                    { scope: "col", "aria-sort": sorted || null, class: kindOf(each) },
                    button(each.name, () => sort(at), { "data-key": each.name }),
                );
            }),
        );
        body.replaceChildren(
            ...found.slice(0, state.shown).map((row) =>
                element(
                    "tr",
                    {},
                    columns.map((each, at) =>
                        element(
                            at ? "td" : "th",
                            { scope: at ? null : "row", class: kindOf(each) },
                            each.show ? each.show(row) : String(each.value(row)),
                        ),
                    ),
                ),
            ),
        );
        told.textContent = state.filter
            ? `${count(found.length)} of ${count(rows.length, unit)}`
            : count(rows.length, unit);
        const rest = found.length - state.shown;
        more.hidden = rest <= 0;
        more.textContent = `Show ${count(Math.min(rest, MORE))} more`;
        if (scroll.scrollWidth > scroll.clientWidth)
            Object.entries({
                tabindex: "0",
                role: "region",
                "aria-label": `${title}, wider than the page`,
            }).forEach(([name, value]) => scroll.setAttribute(name, value));
    }

    draw();
    return { filter };
}

function ordered(column) {
    return Boolean(column?.number || column?.rated);
}

function kindOf(column) {
    return (
        [column.number && "number", column.minor && "minor", column.wide && "wide"]
            .filter(Boolean)
            .join(" ") || null
    );
}
