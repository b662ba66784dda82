// The catalog as a page for people: cases/REQUIREMENTS.md.
#ifndef LASTACK_CASES_REQUIREMENTS_PAGE_H_
#define LASTACK_CASES_REQUIREMENTS_PAGE_H_

#include <string>

namespace lastack {

// Markdown: a section a family, a rule each, with the cases that check it, what they can find, and the subjects that
// show that they can fail.
[[nodiscard]] std::string RequirementsPage();

}  // namespace lastack

#endif  // LASTACK_CASES_REQUIREMENTS_PAGE_H_
