// One search over distributions, modules and files; what it finds stands out in the map meanwhile.

const HITS = 12;

function search(map) {
    const input = byId("search");
    const list = byId("found");
    const things = [
        ...report.owners.map((owner) => ({
            text: owner.label,
            kind: "distribution",
            open: () => showOwner(owner),
        })),
        ...report.modules.map((module) => ({
            text: module.name,
            kind: "module",
            open: () => showModule(module),
        })),
        ...report.files.map((file) => ({
            text: file.path,
            kind: file.gone ? "dropped" : "file",
            open: () => showFile(file),
        })),
    ];
    let active = -1;

    function find() {
        const wanted = input.value.trim().toLowerCase();
        const hits = wanted ? things.filter(({ text }) => text.toLowerCase().includes(wanted)) : [];
        map.want(
            wanted
                ? new Set(
                      report.files.filter(({ path, owner }) =>
                          `${owner.label} ${path}`.toLowerCase().includes(wanted),
                      ),
                  )
                : null,
        );
        const ranked = hits
            .map((hit) => [rank(hit.text.toLowerCase(), wanted), hit])
            .sort(
                (one, other) =>
                    one[0] - other[0] ||
                    one[1].text.length - other[1].text.length ||
                    byName(one[1].text, other[1].text),
            );
        draw(
            ranked.map(([, hit]) => hit),
            wanted,
        );
    }

    function draw(hits, wanted) {
        active = -1;
        const rows = hits.slice(0, HITS).map((hit) => [[hit.text, element("span", {}, hit.kind)], hit.open]);
        if (hits.length > HITS)
            rows.push([
                `${count(hits.length)} found: show them in the table of files`,
                () => filesTable.filter(wanted),
            ]);
        list.replaceChildren(
            ...rows.map(([content, open], place) =>
                element(
                    "li",
                    {
                        role: "option",
                        id: `found-${place}`,
                        "aria-selected": "false",
                        onpointerdown: (event) => event.preventDefault(),
                        onclick: () => (close(), open()),
                    },
                    content,
                ),
            ),
        );
        if (wanted && !hits.length)
            list.append(
                element(
                    "li",
                    { role: "option", "aria-selected": "false", "aria-disabled": "true" },
                    "Nothing of that name.",
                ),
            );
        opened(Boolean(wanted));
    }

    function opened(open) {
        list.hidden = !open;
        input.setAttribute("aria-expanded", String(open));
        input.removeAttribute("aria-activedescendant");
    }

    function close() {
        opened(false);
    }

    function move(step) {
        const options = [...list.children];
        if (!options.length) return;
        active = (active + step + options.length + (active < 0 && step < 0 ? 1 : 0)) % options.length;
        options.forEach((option, place) => option.setAttribute("aria-selected", String(place === active)));
        options[active].scrollIntoView({ block: "nearest" });
        input.setAttribute("aria-activedescendant", options[active].id);
    }

    input.addEventListener("input", find);
    input.addEventListener("focus", () => input.value && find());
    input.addEventListener("blur", close);
    input.addEventListener("keydown", (event) => {
        if (event.key === "ArrowDown" || event.key === "ArrowUp") move(event.key === "ArrowDown" ? 1 : -1);
        else if (event.key === "Enter") list.children[Math.max(active, 0)]?.click();
        else if (event.key === "Escape") {
            if (list.hidden) input.value = "";
            find();
            close();
        } else return;
        event.preventDefault();
        event.stopPropagation();
    });
    document.addEventListener("keydown", (event) => {
        if (event.key !== "/" || /INPUT|TEXTAREA/.test(document.activeElement.tagName)) return;
        event.preventDefault();
        input.focus();
    });
}

function rank(text, wanted) {
    if (text === wanted) return 0;
    const last = text.slice(Math.max(text.lastIndexOf("/"), text.lastIndexOf(".")) + 1);
    return text.startsWith(wanted) ? 1 : last.startsWith(wanted) ? 2 : 3;
}
