// A case's ladder as a drawing: subject, its kernel and the peer from left to right, time downwards.
#ifndef LASTACK_REPORTS_LADDER_SVG_H_
#define LASTACK_REPORTS_LADDER_SVG_H_

#include <vector>

#include "reports/html_builder.h"
#include "reports/results.h"

namespace lastack {

// Inline SVG without script or style of its own: colours come from report.css. Nothing for an empty ladder.
void AppendLadder(const std::vector<Rung>& ladder, Html* html);

}  // namespace lastack

#endif  // LASTACK_REPORTS_LADDER_SVG_H_
