/*
 * The yardstick of `make bench`: what a NAT loop costs in C that does the least it can. Known connections only, no checks but of the
 * headers' form, no states, no timers, no routes.
 *
 *   nat-loop CONNECTIONS [MILLISECONDS [SLOTS]]
 *   nat-loop CONNECTIONS new
 *
 * A 60-byte TCP frame for each connection (262144 at most), one behind the other in memory, is taken in random order: parsed, its connection found
 * in an open-addressing table, destination address and port and both checksums rewritten, counted. Frames are put right again between rounds, which is not
 * timed. Prints the nanoseconds of processor time a packet takes: the median of the rounds.
 *
 * The table has the fewest slots, a power of two, of which the connections take half at most; but no fewer than SLOTS. A table of a fixed size, as
 * the kernel's is, spreads few connections over as much memory as many.
 *
 * With `new`: what a new connection costs, in a table that begins small and doubles when it is half full, its frame included.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define SLOT 64
#define IP 16 /* the Ethernet header begins at 2, so that what follows it is aligned */
#define MOST_FRAMES 262144
#define MOST_ROUNDS 4096

struct connection {
	uint32_t client, virtual_address, ports, server; /* as they stand in memory; no server: free */
	uint16_t server_port, header_change, transport_change, unused;
	uint32_t packets, bytes;
};

static struct connection *table;
static uint32_t mask;
static uint64_t strays;

static uint16_t get16(const uint8_t *at) { uint16_t value; memcpy(&value, at, 2); return value; }
static uint32_t get32(const uint8_t *at) { uint32_t value; memcpy(&value, at, 4); return value; }
static void set16(uint8_t *at, uint16_t value) { memcpy(at, &value, 2); }
static void set32(uint8_t *at, uint32_t value) { memcpy(at, &value, 4); }
static void write16(uint8_t *at, uint16_t value) { at[0] = value >> 8; at[1] = value; }
static void write32(uint8_t *at, uint32_t value) { write16(at, value >> 16); write16(at + 2, value); }

static uint16_t folded(uint32_t sum)
{
	sum = (sum & 0xffff) + (sum >> 16);
	return (sum & 0xffff) + (sum >> 16);
}

static uint32_t place(uint32_t client, uint32_t virtual_address, uint32_t ports)
{
	uint32_t hash = client * 0x9e3779b1u ^ ports * 0x85ebca6bu ^ virtual_address;
	return (hash ^ hash >> 15) * 0x2c1b3c6du >> 7 & mask;
}

static void forward(uint8_t *frame)
{
	uint8_t *ip = frame + IP;
	uint32_t client = get32(ip + 12), virtual_address = get32(ip + 16), ports = get32(ip + 20);
	if (frame[14] != 8 || frame[15] != 0 || ip[0] != 0x45 || ip[9] != 6 || (get16(ip + 6) & 0xff3f) != 0) { strays++; return; }
	for (uint32_t at = place(client, virtual_address, ports);; at = (at + 1) & mask) {
		struct connection *found = table + at;
		if (found->client == client && found->ports == ports && found->virtual_address == virtual_address) {
			set16(ip + 10, ~folded((uint16_t)~get16(ip + 10) + found->header_change));
			set16(ip + 36, ~folded((uint16_t)~get16(ip + 36) + found->transport_change));
			set32(ip + 16, found->server);
			set16(ip + 22, found->server_port);
			found->packets++;
			found->bytes += ip[2] << 8 | ip[3];
			return;
		}
		if (found->server == 0) { strays++; return; }
	}
}

static uint32_t sum_of(const uint8_t *at, int length, uint32_t sum)
{
	for (int byte = 0; byte < length; byte += 2) sum += at[byte] << 8 | at[byte + 1];
	return sum;
}

static void make_frame(uint8_t *frame, uint32_t number)
{
	uint8_t *ip = frame + IP, *tcp = ip + 20;
	memset(frame, 0, SLOT);
	write16(frame + 14, 0x0800);
	write16(ip, 0x4500);
	write16(ip + 2, 46);
	write16(ip + 6, 0x4000);
	write16(ip + 8, 0x4006);
	write32(ip + 12, 0xcb007101 + number / 60000);
	write32(ip + 16, 0xc0a80064);
	write16(tcp, 1024 + number % 60000);
	write16(tcp + 2, 80);
	tcp[12] = 0x50;
	tcp[13] = 0x10;
	write16(ip + 10, ~folded(sum_of(ip, 20, 0)));
	write16(tcp + 16, ~folded(sum_of(tcp, 26, sum_of(ip + 12, 8, 6 + 26))));
}

static void add_connection(const uint8_t *frame, uint32_t number)
{
	const uint8_t *ip = frame + IP;
	uint8_t server[4], port[2];
	write32(server, 0xac100002 + number % 3);
	write16(port, 8080);
	uint32_t at = place(get32(ip + 12), get32(ip + 16), get32(ip + 20));
	while (table[at].server != 0) at = (at + 1) & mask;
	uint16_t change = folded((uint16_t)~get16(ip + 16) + (uint16_t)~get16(ip + 18) + get16(server) + get16(server + 2));
	table[at] = (struct connection){ get32(ip + 12), get32(ip + 16), get32(ip + 20), get32(server), get16(port), change,
		folded((uint32_t)change + (uint16_t)~get16(ip + 22) + get16(port)), 0, 0, 0 };
}

/* Twice the slots, and everybody finds a place anew. */
static void grow(void)
{
	struct connection *old = table;
	uint32_t slots = mask + 1;
	mask = 2 * slots - 1;
	table = calloc(2 * (size_t)slots, sizeof *table);
	for (uint32_t slot = 0; slot < slots; slot++) {
		if (old[slot].server == 0) continue;
		uint32_t at = place(old[slot].client, old[slot].virtual_address, old[slot].ports);
		while (table[at].server != 0) at = (at + 1) & mask;
		table[at] = old[slot];
	}
	free(old);
}

static double now(void)
{
	struct timespec at;
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &at);
	return at.tv_sec * 1e9 + at.tv_nsec;
}

static int by_size(const void *a, const void *b) { return *(const double *)a < *(const double *)b ? -1 : 1; }

static int open_all(uint32_t connections)
{
	uint8_t frame[SLOT];
	double begun = now();
	mask = 4095;
	table = calloc(4096, sizeof *table);
	for (uint32_t number = 0; number < connections; number++) {
		make_frame(frame, number);
		if (number >= (mask + 1) / 2) grow();
		add_connection(frame, number);
		forward(frame);
	}
	printf("%.2f\n", (now() - begun) / connections);
	return strays != 0;
}

int main(int count, char **words)
{
	if (count > 2 && strcmp(words[2], "new") == 0) return open_all(atoi(words[1]));
	uint32_t connections = count > 1 ? atoi(words[1]) : 1000, frames = connections < MOST_FRAMES ? connections : MOST_FRAMES;
	double patience = (count > 2 ? atof(words[2]) : 500) * 1e6, spent = 0, times[MOST_ROUNDS];
	uint32_t random = 12345, slots = 1, least = count > 3 ? atoi(words[3]) : 1, rounds = 0, *order = malloc(frames * sizeof *order);
	uint8_t *fresh = malloc((size_t)frames * SLOT), *arena = malloc((size_t)frames * SLOT), frame[SLOT];
	while (slots < connections * 2 || slots < least) slots *= 2;
	mask = slots - 1;
	table = calloc(slots, sizeof *table);
	for (uint32_t number = 0; number < connections; number++) { make_frame(frame, number); add_connection(frame, number); }
	for (uint32_t index = 0; index < frames; index++) {
		make_frame(fresh + (size_t)index * SLOT, (uint64_t)index * connections / frames);
		order[index] = index;
	}
	for (uint32_t index = frames - 1; index > 0; index--) {
		random = random * 1664525 + 1013904223;
		uint32_t other = (uint64_t)random * (index + 1) >> 32, swapped = order[index];
		order[index] = order[other];
		order[other] = swapped;
	}
	while ((spent < patience || rounds < 5) && rounds < MOST_ROUNDS) {
		memcpy(arena, fresh, (size_t)frames * SLOT);
		double begun = now();
		for (uint32_t index = 0; index < frames; index++) forward(arena + (size_t)order[index] * SLOT);
		spent += times[rounds] = now() - begun;
		rounds++;
	}
	qsort(times, rounds, sizeof *times, by_size);
	const uint8_t *last = arena + IP;
	uint32_t tcp_sum = sum_of(last + 20, 26, sum_of(last + 12, 8, 6 + 26));
	if (strays != 0 || folded(sum_of(last, 20, 0)) != 0xffff || folded(tcp_sum) != 0xffff) return 1;
	printf("%.2f\n", times[rounds / 2] / frames);
	return 0;
}
