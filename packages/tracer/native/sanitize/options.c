/*
 * What the sanitizers are told, in their own build only. Reports go to files,
 * since the supervisor's stderr is the command's, and often nobody's.
 */
const char *__asan_default_options(void);
const char *__ubsan_default_options(void);

const char *__asan_default_options(void)
{
	return "log_path=" REPORTS;
}

const char *__ubsan_default_options(void)
{
	return "log_path=" REPORTS ":print_stacktrace=1";
}
