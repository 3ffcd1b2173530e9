// What the HTML report draws with: layouts of hierarchies, and round numbers for an axis.
export { hierarchy, partition, treemap, treemapSquarify } from "d3-hierarchy";
export { ticks } from "d3-array";
