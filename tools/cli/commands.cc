#include "tools/cli/audit_command.h"
#include "tools/cli/catalog_commands.h"
#include "tools/cli/command.h"
#include "tools/cli/doctor_command.h"
#include "tools/cli/driver_check_command.h"
#include "tools/cli/help.h"
#include "tools/cli/inject_commands.h"
#include "tools/cli/matrix_commands.h"
#include "tools/cli/merge_command.h"
#include "tools/cli/platform_command.h"
#include "tools/cli/report_commands.h"

namespace lastack {

const std::vector<Command>& Commands() {
  static const auto* commands = new std::vector<Command>{
      {.name = "audit",
       .usage = "audit [flags] -- COMMAND",
       .summary = "judge how a program closes its sockets",
       .help = "Runs COMMAND once without faults and once for each case that needs it, against a peer of its own, and "
               "judges\n"
               "every rule by what both ends saw. In COMMAND, {url}, or {host} and {port}, stand for the peer.\n"
               "The subject runs in a clean environment (PATH, LANG, an empty HOME), without standard input.\n"
               "\n"
               "  lastack audit -- curl -sS {url}\n"
               "  lastack audit --case='linger/*' -- wget -qO- {url}\n"
               "  lastack audit -- python3 client.py {host} {port}\n"
               "  lastack audit --profile=http-server -- python3 -m http.server --bind {host} {port}\n"
               "  lastack audit --driver -- python3 my_library_driver.py\n"
               "\n"
               "The report goes to lastack-report/ (index.html, results.json, junit.xml, facts.jsonl), or to the "
               "directory --out.\n"
               "\n"
               "Failures that are known and accepted stand in a file of waivers, each with its finding and its reason. "
               "They are run\n"
               "and shown like others, but are no errors; an entry that fits no longer is one. --update-waivers writes "
               "the file:\n"
               "\n"
               "  lastack audit --update-waivers=lastack.waivers.json --reason='fixed in 2.0' -- curl -sS {url}\n"
               "  lastack audit --waivers=lastack.waivers.json -- curl -sS {url}\n"
               "\n"
               "Several machines share an audit by --shard=1/4 to --shard=4/4 and `lastack merge`.\n"
               "\n"
               "Many subjects are compared on one page by a file that names them:\n"
               "\n"
               "  lastack audit --matrix=subjects.json\n"
               "\n"
               "  [{\"name\": \"curl\", \"command\": [\"curl\", \"-sS\", \"{url}\"], \"version\": [\"curl\", "
               "\"--version\"]},\n"
               "   {\"name\": \"nginx\", \"command\": [\"./nginx.sh\", \"{port}\"], \"profile\": \"http-server\"},\n"
               "   {\"name\": \"my library\", \"driver\": [\"python3\", \"my_library_driver.py\"]}]\n"
               "\n"
               "It goes to lastack-matrix/ (matrix.html, matrix.json, a folder with the report of each subject), or to "
               "--out. The exit\n"
               "status is 0, whatever the verdicts; 1 if a subject could not be started, or a note of --notes fits no "
               "cell.\n",
       .flags = {{"case",
                  "run only the cases whose id matches this pattern, or one of several with commas between them, as "
                  "always-close/*,linger/no-abort-by-default; given twice, the last one counts"},
                 {"shard"},
                 {"tier"},
                 {"profile"},
                 {"driver"},
                 {"backend",
                  "how calls are reached: preload (an agent in the program), tracer (ptrace: any program), or auto: "
                  "preload, and the tracer where "
                  "that does not see everything"},
                 {"timeout", "how long each run of the subject may take: by default 10s"},
                 {"jobs"},
                 {"repeat", "how often everything is run: by default 1; a case whose verdicts differ is flaky"},
                 {"seed"},
                 {"env"},
                 {"waivers"},
                 {"update-waivers"},
                 {"reason"},
                 {"matrix"},
                 {"notes",
                  "with --matrix: a file of notes on the cells, why they are as they are "
                  "(reports/matrix_notes.schema.json)"},
                 {"out", "the directory of the report: by default lastack-report, and lastack-matrix with --matrix"},
                 {"json", "print results.json instead of the summary; with --matrix, matrix.json instead of the table"},
                 {"strict"},
                 {"bazel"}},
       .run = RunAudit},
      {.name = "driver-check",
       .usage = "driver-check -- COMMAND",
       .summary = "say whether a driver for a socket library is written correctly",
       .help = "A driver is a small program that does with a library what it is asked, line by line: "
               "cases/drivers/PORTING.md.\n"
               "Checks what it must get right before the library can be judged: replies, errors, data, its end. Exits "
               "with 1 if\n"
               "something is wrong.\n"
               "\n"
               "  lastack driver-check -- python3 cases/drivers/python_socket_driver.py\n"
               "  lastack audit --driver -- python3 cases/drivers/python_socket_driver.py\n",
       .flags = {{"env"}, {"timeout", "how long each run of the driver may take: by default 5s"}},
       .run = RunDriverCheck},
      {.name = "judge",
       .usage = "judge FACTS",
       .summary = "judge recorded facts again, without running anything",
       .help = "Judges the facts.jsonl that an audit left, with this lastack's cases: for reading a verdict again, or "
               "by a newer judge.\n"
               "Exits as audit does.\n"
               "\n"
               "  lastack judge lastack-report/facts.jsonl\n",
       .flags = {{"json"}, {"out", "the file to write to: by default the standard output"}, {"strict"}},
       .run = RunJudge},
      {.name = "report",
       .usage = "report --format=FORM RESULTS",
       .summary = "make another form of report from results.json",
       .help = "Prints RESULTS, the results.json that an audit left, as html, junit, json or text: on stdout, or to "
               "the file --out.\n"
               "index.html wants report.css beside it, which an audit leaves there.\n"
               "\n"
               "  lastack report --format=junit lastack-report/results.json\n",
       .flags = {{"format"}, {"out", "the file to write to: by default the standard output"}},
       .run = RunReport},
      {.name = "merge",
       .usage = "merge RESULTS... --out=DIR",
       .summary = "join the results of an audit's parts",
       .help = "Joins the results.json of the parts of an audit (--shard=K/N) and writes the report of the whole into "
               "DIR. The parts must\n"
               "be of one audit: subject, profile, kernel, backend, version of lastack; none may be missing. Exits as "
               "audit does.\n"
               "With --waivers, the waivers are applied to the whole, in place of what was waived in the parts.\n"
               "\n"
               "  lastack merge shard-*/results.json --out=lastack-report\n",
       .flags = {{"out", "the directory of the report of the whole"}, {"waivers"}, {"json"}, {"strict"}},
       .run = RunMerge},
      {.name = "matrix",
       .usage = "matrix RESULTS...",
       .summary = "compare audits on one page",
       .help = "Makes the page that `lastack audit --matrix` makes from audits that there are: a column for each "
               "results.json, in this order,\n"
               "which leads to the index.html beside it. Writes matrix.html, matrix.json and report.css to "
               "lastack-matrix/, or to --out.\n"
               "Exits with 0, or 1 if a subject was not audited or a note of --notes fits no cell.\n"
               "\n"
               "  lastack matrix lastack-matrix/*/results.json --notes=notes.json\n",
       .flags = {{"notes"},
                 {"out", "the directory of the comparison: by default lastack-matrix"},
                 {"json", "print matrix.json instead of the table"}},
       .run = RunMatrix},
      {.name = "inject",
       .usage = "inject RULE... -- COMMAND",
       .summary = "run a program with faults, and say which fired",
       .help =
           "Makes the calls that the rules name fail in COMMAND, which keeps its terminal and its environment. No "
           "verdict:\n"
           "for trying things out. A rule:\n"
           "\n"
           "  CALLS[:fd=KIND][:when=FIRST[..LAST][+STEP]][:after=connected|attempted|shutdown|reset|eof]\n"
           "       [:effect=skip|full|partial=N|delay=T|reset|decoy|interrupt|exhaust][:error=ERRNO][:signal=SIG]\n"
           "\n"
           "  lastack inject close:fd=tcp:error=EINTR -- curl -sS http://127.0.0.1:8000/\n"
           "  lastack inject %recv:fd=tcp:error=ECONNRESET -- curl -sS {url}\n"
           "  lastack inject send,write:effect=partial=1 -- python3 client.py\n"
           "\n"
           "CALLS are names (`lastack list --calls` shows them) or families (%send, %recv, %close ...). `when` counts "
           "in\n"
           "each socket's life. If COMMAND has {url}, or {host} and {port}, a peer answers there. The effects:\n"
           "\n"
           "  skip       the call is not made, and fails     full       the call is made, and fails all the same\n"
           "  partial=N  it moves at most N bytes            delay=T    it is made T later: 300us, 20ms, 1.5s\n"
           "  reset      our peer resets just before it      decoy      close: a later use of the number is caught\n"
           "  interrupt  where it has to wait it gives up: the kernel's own EINTR (by the tracer)\n"
           "  exhaust    no descriptor is free: EMFILE, until COMMAND closes one\n"
           "\n"
           "Exits with the status of COMMAND; with 1 if that is 0 and a rule never fired.\n",
       .flags = {{"backend",
                  "how calls are reached: preload (an agent in the program), tracer (ptrace: any program), or auto: "
                  "preload, and the tracer where that "
                  "cannot reach the program or inject the fault"},
                 {"env"},
                 {"out", "the file for what fired: by default stderr"},
                 {"timeout", "how long COMMAND may take: by default there is no limit"}},
       .run = RunInject},
      {.name = "trace",
       .usage = "trace -- COMMAND",
       .summary = "show how a program's sockets lived and ended",
       .help = "Runs COMMAND, which keeps its terminal and its environment, and prints, socket by socket, every call "
               "on it and\n"
               "how it ended: on stderr, or to the file --out. Exits with the status of COMMAND.\n"
               "\n"
               "  lastack trace -- curl -sS http://127.0.0.1:8000/\n",
       .flags = {{"backend",
                  "how calls are reached: preload (an agent in the program), tracer (ptrace: any program), or auto: "
                  "the tracer, and preload where "
                  "ptrace is refused"},
                 {"env"},
                 {"out", "the file for what was seen: by default stderr"},
                 {"timeout", "how long COMMAND may take: by default there is no limit"}},
       .run = RunTrace},
      {.name = "list",
       .usage = "list [PATTERN]",
       .summary = "list the cases, or the intercepted calls (--calls)",
       .help = "  lastack list\n  lastack list 'linger/*'\n  lastack list --calls\n",
       .flags = {{"calls"}},
       .run = RunList},
      {.name = "explain",
       .usage = "explain ID",
       .summary = "tell a case's requirement, why it matters, and the remedy",
       .help = "  lastack explain linger/no-abort-by-default\n",
       .flags = {},
       .run = RunExplain},
      {.name = "platform",
       .usage = "platform [flags]",
       .summary = "measure how this system closes sockets, against what is said of it",
       .help = "Tries each claim of the document about close, shutdown and SO_LINGER on the running kernel, five times "
               "on each kind of\n"
               "socket, and says what holds, what differs and why, with the values measured. A difference is no "
               "failure: the exit\n"
               "status is 0, or 3 if something could not be measured. cases/os/CLAIMS.md names all claims.\n"
               "\n"
               "  lastack platform\n"
               "  lastack platform --case='os/linger-*' --repeat=20\n"
               "\n"
               "The report goes to lastack-report/ (platform.html, platform.json), or to the directory --out.\n",
       .flags = {{"case",
                  "try only the claims whose id matches this pattern, as os/linger-*, or one of several with commas "
                  "between them"},
                 {"repeat", "how often each claim is tried: by default 5"},
                 {"out", "the directory of the report: by default lastack-report"},
                 {"json", "print platform.json instead of the table"}},
       .run = RunPlatform},
      {.name = "doctor",
       .usage = "doctor",
       .summary = "say what this machine can do, and how to mend what is missing",
       .help = "Tries everything that lastack builds on. Exits with 3 if something that it needs is missing.\n",
       .flags = {},
       .run = RunDoctor},
      {.name = "help", .usage = "help [COMMAND]", .summary = "show help", .help = "", .flags = {}, .run = RunHelp},
      {.name = "version",
       .usage = "version",
       .summary = "show the version",
       .help = "",
       .flags = {},
       .run = RunVersion},
  };
  return *commands;
}

}  // namespace lastack
