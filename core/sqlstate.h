/* SQLSTATE to condition name, as the PostgreSQL manual's appendix A names them: the reasons of rejected rows.
 */
#ifndef DV_CORE_SQLSTATE_H
#define DV_CORE_SQLSTATE_H

/* "23505" gives "unique_violation"; a code that is not in the table gives itself. */
const char *dv_sqlstate_name(const char *sqlstate);

#endif
