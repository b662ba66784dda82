// Linked with ELF's first hash table only, as libraries of before 2006 are.
void lastack_old_table(void) {}
