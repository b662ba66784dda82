// The commands that make something of recorded facts and results: judge, report.
#ifndef LASTACK_TOOLS_CLI_REPORT_COMMANDS_H_
#define LASTACK_TOOLS_CLI_REPORT_COMMANDS_H_

#include <string>
#include <vector>

#include "tools/cli/command.h"

namespace lastack {

// What --format takes: "html".
[[nodiscard]] std::vector<std::string> ReportForms();

int RunJudge(const Invocation& invocation);
int RunReport(const Invocation& invocation);

}  // namespace lastack

#endif  // LASTACK_TOOLS_CLI_REPORT_COMMANDS_H_
