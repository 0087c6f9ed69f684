/*
 * The yardstick of schedulers that compare loads: what it costs in C to look at all real servers for each new connection, as the kernel's
 * wlc does (net/netfilter/ipvs/ip_vs_wlc.c).
 *
 *   scan SERVERS MILLISECONDS
 *
 * Servers lie side by side, a cache line each, half of them of weight 2. Whoever is picked gets an active connection more. Prints the nanoseconds of
 * processor time a pick takes: the median of the rounds.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define PICKS 1000
#define MOST_ROUNDS 4096

struct server {
	int32_t weight, overloaded, active, inactive;
	uint8_t others[48];
};

static struct server *pick(struct server *servers, int count)
{
	struct server *least = NULL;
	int64_t least_load = 0;
	for (struct server *server = servers; server < servers + count; server++) {
		if (server->overloaded || server->weight <= 0) continue;
		int64_t load = (server->active << 8) + server->inactive;
		if (least == NULL || least_load * server->weight > load * least->weight) {
			least = server;
			least_load = load;
		}
	}
	return least;
}

static double now(void)
{
	struct timespec at;
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &at);
	return at.tv_sec * 1e9 + at.tv_nsec;
}

static int by_size(const void *a, const void *b) { return *(const double *)a < *(const double *)b ? -1 : 1; }

int main(int words_count, char **words)
{
	int count = words_count > 1 ? atoi(words[1]) : 1000, rounds = 0;
	double patience = (words_count > 2 ? atof(words[2]) : 500) * 1e6, spent = 0, times[MOST_ROUNDS];
	struct server *servers = calloc(count, sizeof *servers);
	for (int index = 0; index < count; index++) servers[index].weight = 1 + index % 2;
	while ((spent < patience || rounds < 5) && rounds < MOST_ROUNDS) {
		double begun = now();
		for (int picked = 0; picked < PICKS; picked++) pick(servers, count)->active++;
		spent += times[rounds] = now() - begun;
		rounds++;
	}
	qsort(times, rounds, sizeof *times, by_size);
	printf("%.2f\n", times[rounds / 2] / PICKS);
	return 0;
}
