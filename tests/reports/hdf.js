// Reads a report as Heimdall does and prints how many controls it sees of each status.
const {readFileSync} = require('fs');
const {convertFile, hdfWrapControl} = require('inspecjs');
const report = convertFile(readFileSync(process.argv[2], 'utf8'));
const execution = report['1_0_ExecJson'];
if (!execution) { console.log('not an execution report: ' + Object.keys(report)); process.exit(1); }
const counts = {};
for (const profile of execution.profiles) {
  for (const control of profile.controls) {
    const status = hdfWrapControl(control).status;
    counts[status] = (counts[status] || 0) + 1;
  }
}
console.log(JSON.stringify(counts));
