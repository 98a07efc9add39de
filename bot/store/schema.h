/*
 * schema - the tables, as steps from each version to the next: schema_steps[n] leads from user_version n to n
 * + 1.
 *
 * A step that was released is never changed; a change is a new step. tests/unit/store/test_schema.c opens a
 * store of every earlier version.
 */
#ifndef STORE_SCHEMA_H
#define STORE_SCHEMA_H

extern const int schema_version;
extern const char *const *const schema_steps[];

#endif
