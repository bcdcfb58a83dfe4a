"use strict";
// Filter and search; the page says everything without it.
(function () {
  var tools = document.getElementById("tools");
  if (!tools) return;
  tools.hidden = false;
  var search = document.getElementById("search");
  var status = document.getElementById("status");
  var shown = document.getElementById("shown");
  var accounts = Array.prototype.slice.call(document.querySelectorAll("details.account"));
  var groups = accounts.map(function (account) {
    return {
      element: account,
      findings: Array.prototype.map.call(account.querySelectorAll("details.finding"), function (finding) {
        return { element: finding, status: finding.dataset.status, text: null };
      })
    };
  });
  var rows = Array.prototype.map.call(document.querySelectorAll("tr[data-account]"), function (row) {
    return { element: row, account: row.dataset.account, text: row.textContent.toLowerCase() };
  });
  function apply() {
    var words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    var wanted = status.value;
    var count = 0;
    var visible = {};
    groups.forEach(function (group) {
      var any = false;
      group.findings.forEach(function (finding) {
        if (finding.text === null) {
          finding.text = (group.element.dataset.account + " " + finding.element.textContent).toLowerCase();
        }
        var open = finding.status === "fail" || finding.status === "unknown";
        var keep = (wanted === "all" || wanted === finding.status || (wanted === "open" && open)) &&
          words.every(function (word) { return finding.text.indexOf(word) >= 0; });
        finding.element.hidden = !keep;
        if (keep) { any = true; count += 1; }
      });
      group.element.hidden = !any;
      visible[group.element.dataset.account] = any;
    });
    rows.forEach(function (row) { row.element.hidden = !visible[row.account]; });
    shown.textContent = count + (count === 1 ? " finding shown" : " findings shown");
  }
  var timer = 0;
  search.addEventListener("input", function () { clearTimeout(timer); timer = setTimeout(apply, 120); });
  status.addEventListener("change", apply);
  document.getElementById("all").addEventListener("click", function () {
    var findings = document.querySelectorAll("details.finding:not([hidden])");
    var open = Array.prototype.some.call(findings, function (finding) { return !finding.open; });
    Array.prototype.forEach.call(findings, function (finding) { finding.open = open; });
  });
  window.addEventListener("beforeprint", function () {
    Array.prototype.forEach.call(document.querySelectorAll("details:not([hidden])"), function (details) { details.open = true; });
  });
  function follow() {
    var target = location.hash && document.getElementById(decodeURIComponent(location.hash.slice(1)));
    for (var at = target; at; at = at.parentElement) if (at.tagName === "DETAILS") at.open = true;
    if (target) target.scrollIntoView();
  }
  window.addEventListener("hashchange", follow);
  follow();
})();
