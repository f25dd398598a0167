/* agent_records: writes down what must not be forgotten: the state, and the records for the centre. */
#pragma once

#include "agent/agent_state.h"

/* Steals record, which waits for agent_write_down(); NULL is none. */
void agent_add_record(Agent *agent, json_t *record);
/* Commits the state, and with it every record that waits to be written; what the disk refuses waits on. */
void agent_write_down(Agent *agent);

/* Sends what the desk may have next. */
void agent_upload(Agent *agent);
void agent_send_records(void *data, json_t *list); /* as Upload wants it; data: the agent */
/* All records, where it disturbs no call: a page that has gone bad is found before its records are needed. */
void agent_check_records(Agent *agent);

/* The clock became known, or another one: the records get their times from it. */
void agent_keep_clock(Agent *agent);
/* Each quarter of an hour a record of how it was spent; between them what was counted is saved now and then. */
void agent_count_time(Agent *agent);
