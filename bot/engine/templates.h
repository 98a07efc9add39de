/*
 * templates - the embedded words for people, one entry per file under templates/.
 *
 * Shape:   sorted by name; the name is the path without its ending, the language first: "en/decision/card".
 *          Ends with a row of NULLs.
 * Owns:    nothing; the table is made at build time (embed.cmake).
 */
#ifndef ENGINE_TEMPLATES_H
#define ENGINE_TEMPLATES_H

struct template_source {
    const char *name;
    const char *text;
};

extern const struct template_source template_sources[];

#endif
