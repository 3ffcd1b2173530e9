"use strict";

// Numbers for people, as slimpack/report/units.py writes them: Lambda's 1 MB is 1,024 KB.

function size(bytes) {
    if (bytes < 1024) return `${bytes} B`;
    const [value, unit] = bytes < 1024 * 1024 ? [bytes / 1024, "KB"] : [bytes / 1024 / 1024, "MB"];
    return `${value.toFixed(value >= 100 ? 0 : value >= 10 ? 1 : 2)} ${unit}`;
}

function milliseconds(micro) {
    const value = micro / 1000;
    if (value >= 1000) return `${(value / 1000).toFixed(2)} s`;
    return `${value.toFixed(value >= 100 ? 0 : 1)} ms`;
}

function share(part, whole) {
    return whole ? `${((100 * part) / whole).toFixed(part && part < whole / 100 ? 1 : 0)} %` : "–";
}

function count(number, word) {
    const written = String(number).replace(/\B(?=(\d{3})+$)/g, ",");
    return word ? `${written} ${word}${number === 1 ? "" : "s"}` : written;
}

// In the order of code units, whatever the reader's language: the same page everywhere.
function byName(one, other) {
    return one < other ? -1 : one > other ? 1 : 0;
}

function sum(rows, value) {
    return rows.reduce((total, row) => total + value(row), 0);
}
