#include "core/sqlstate.h"

#include <stddef.h>
#include <string.h>

/* Those that a row can be at fault for: classes 22 (data) and 23 (integrity), and a few that triggers raise.
 */
static const struct {
    char code[6];
    const char *name;
} conditions[] = {
    {"21000", "cardinality_violation"},
    {"22000", "data_exception"},
    {"22001", "string_data_right_truncation"},
    {"22003", "numeric_value_out_of_range"},
    {"22004", "null_value_not_allowed"},
    {"22007", "invalid_datetime_format"},
    {"22008", "datetime_field_overflow"},
    {"22009", "invalid_time_zone_displacement_value"},
    {"22011", "substring_error"},
    {"2200M", "invalid_xml_document"},
    {"22012", "division_by_zero"},
    {"22015", "interval_field_overflow"},
    {"22018", "invalid_character_value_for_cast"},
    {"22019", "invalid_escape_character"},
    {"2201B", "invalid_regular_expression"},
    {"2201E", "invalid_argument_for_logarithm"},
    {"2201F", "invalid_argument_for_power_function"},
    {"22021", "character_not_in_repertoire"},
    {"22023", "invalid_parameter_value"},
    {"22025", "invalid_escape_sequence"},
    {"22026", "string_data_length_mismatch"},
    {"2202E", "array_subscript_error"},
    {"22030", "duplicate_json_object_key_value"},
    {"22032", "invalid_json_text"},
    {"22P01", "floating_point_exception"},
    {"22P02", "invalid_text_representation"},
    {"22P03", "invalid_binary_representation"},
    {"22P04", "bad_copy_file_format"},
    {"22P05", "untranslatable_character"},
    {"23000", "integrity_constraint_violation"},
    {"23001", "restrict_violation"},
    {"23502", "not_null_violation"},
    {"23503", "foreign_key_violation"},
    {"23505", "unique_violation"},
    {"23514", "check_violation"},
    {"23P01", "exclusion_violation"},
    {"44000", "with_check_option_violation"},
    {"54000", "program_limit_exceeded"},
    {"54001", "statement_too_complex"},
    {"P0001", "raise_exception"},
};

const char *dv_sqlstate_name(const char *sqlstate)
{
    for (size_t i = 0; i < sizeof conditions / sizeof conditions[0]; i++)
        if (strcmp(conditions[i].code, sqlstate) == 0)
            return conditions[i].name;
    return sqlstate;
}
