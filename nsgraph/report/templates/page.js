// Tables are complete without this script; it makes them sortable and filterable.
const dark = window.matchMedia("(prefers-color-scheme: dark)");
const follow = () => document.documentElement.classList.toggle("dark", dark.matches);
follow();
dark.addEventListener("change", follow);

const packed = atob(document.getElementById("datatables-source").textContent);
const bytes = Uint8Array.from(packed, (letter) => letter.charCodeAt(0));
const url = URL.createObjectURL(new Blob([bytes], { type: "text/javascript" }));
const { default: DataTable } = await import(url);
URL.revokeObjectURL(url);

const tables = [...document.querySelectorAll("table.data")].map((element) =>
  new DataTable(element, {
    order: [],
    pageLength: 15,
    lengthMenu: [15, 50, 200, { label: "All", value: -1 }],
    autoWidth: false,
    columnControl: [
      { target: 0, content: ["order"] },
      { target: 1, content: ["search"] },
    ],
    ordering: { indicators: false, handler: true },
    language: { search: "Filter rows:", searchPlaceholder: "any column" },
    layout: { topStart: "search", topEnd: "pageLength", bottomStart: "info", bottomEnd: "paging" },
  }),
);

let lengths = [];
window.addEventListener("beforeprint", () => {
  lengths = tables.map((table) => table.page.len());
  tables.forEach((table) => table.page.len(-1).draw());
});
window.addEventListener("afterprint", () => {
  tables.forEach((table, i) => table.page.len(lengths[i]).draw());
});
document.documentElement.dataset.ready = "yes";
