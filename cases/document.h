// The document that the catalog is about, "How do you properly close a socket?", by its sections: the one list of them.
//
// A section is cited by its name, from requirements.json and from the claims of cases/os. Tests see to it that every
// section that says what systems do is measured by a claim, and every one that says what programs should do is a
// requirement.
#ifndef LASTACK_CASES_DOCUMENT_H_
#define LASTACK_CASES_DOCUMENT_H_

#include <string>
#include <vector>

namespace lastack {

struct Section {
  std::string name;  // its heading; of a list's entry, behind that of the list
  bool on_systems;   // what systems do: claims measure it
  bool on_programs;  // what programs should do: requirements judge it
};

// In the document's order.
[[nodiscard]] const std::vector<Section>& DocumentSections();

}  // namespace lastack

#endif  // LASTACK_CASES_DOCUMENT_H_
