// Press a heading to sort by it, again to turn the order round.
for (const button of document.querySelectorAll("#videos th button")) {
  button.addEventListener("click", () => {
    const heading = button.closest("th"), place = [...heading.parentNode.children].indexOf(heading), body = document.querySelector("#videos tbody");
    const descending = heading.getAttribute("aria-sort") === "ascending", numbers = button.dataset.kind === "number";
    const value = (row) => row.children[place].dataset.value;
    const rows = [...body.rows].sort((a, b) => {
      const [one, other] = [value(a), value(b)];
      if (one === "" || other === "") return (one === "") - (other === "");
      return (descending ? -1 : 1) * (numbers ? one - other : one.localeCompare(other, undefined, { numeric: true }));
    });
    for (const other of heading.parentNode.children) other.removeAttribute("aria-sort");
    heading.setAttribute("aria-sort", descending ? "descending" : "ascending");
    body.append(...rows);
  });
}
