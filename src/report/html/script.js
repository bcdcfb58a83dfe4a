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
    var passed = account.querySelector(".passed");
    return {
      element: account,
      // Its id and its name, without its counts.
      head: account.querySelector("summary").textContent.replace(/:[^:]*$/, "").toLowerCase(),
      // What passes is a name in a line where accounts are many.
      passed: passed ? passed.textContent.toLowerCase().split(", ") : [],
      findings: Array.prototype.map.call(account.querySelectorAll("details.finding"), function (finding) {
        return { element: finding, status: finding.dataset.status, text: null };
      })
    };
  });
  var rows = Array.prototype.map.call(document.querySelectorAll("tr[data-account]"), function (row) {
    return { element: row, account: row.dataset.account };
  });
  function apply() {
    var words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    var wanted = status.value;
    var count = 0;
    var visible = {};
    function holds(text) {
      return words.every(function (word) { return text.indexOf(word) >= 0; });
    }
    groups.forEach(function (group) {
      var kept = 0;
      group.findings.forEach(function (finding) {
        if (finding.text === null) {
          finding.text = group.head + " " + finding.element.textContent.toLowerCase();
        }
        var open = finding.status === "fail" || finding.status === "unknown";
        var keep = (wanted === "all" || wanted === finding.status || (wanted === "open" && open)) && holds(finding.text);
        finding.element.hidden = !keep;
        if (keep) kept += 1;
      });
      if (wanted === "all" || wanted === "pass") {
        kept += group.passed.filter(function (name) { return holds(group.head + " pass " + name); }).length;
      }
      count += kept;
      group.element.hidden = kept === 0;
      visible[group.element.dataset.account] = kept > 0;
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
