// Made from docs/openapi.json by `npm run types`; `cargo xtask codegen` runs it, too. Not to be changed by hand.
export type paths = Record<string, never>;
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        /** @description What runs here. */
        AboutUs: {
            /** @description The systems that it talks to. */
            neighbours: components["schemas"]["Neighbour"][];
            /** @description The node that answers. */
            node: string;
            /**
             * @description What the nodes share beside the store.
             * @example this process
             */
            sharedMemory: string;
            /**
             * Format: date-time
             * @description When it was started.
             */
            startedAt: string;
            /**
             * @description Where callbacks are kept.
             * @example SQLite
             */
            store: string;
            /**
             * Format: date-time
             * @description What time it is here.
             */
            time: string;
            /**
             * @description The release.
             * @example 0.1.0
             */
            version: string;
            /** @description Which rules of time zones it follows. */
            zoneData: string;
        };
        /** @description When to call again. */
        Again: {
            /**
             * Format: date-time
             * @description ISO 8601 with `Z` or an offset; absent is as soon as possible.
             */
            desiredTime?: string;
        };
        /** @description The office hours of a contact centre. */
        AllHours: {
            /** @description By name. */
            hours: components["schemas"]["KnownHours"][];
            /**
             * Format: int64
             * @description The revision of everything: what to send in `If-Match` with new office hours.
             */
            revision: number;
        };
        /** @description A queue and the rule that it uses. */
        Assignment: {
            /** @description The queue. */
            queue: string;
            /**
             * Format: uuid
             * @description Its rule; absent where it has none.
             */
            ruleId?: string;
        };
        /** @description Which queues use which rule. */
        Assignments: {
            /** @description A rule's id, or null for none, by queue; queues that are not named keep theirs. */
            assignments: Record<string, unknown>;
        };
        /** @description One submission of a callback. */
        AttemptRow: {
            /**
             * Format: int32
             * @description Its number, from 1.
             */
            attempt: number;
            /**
             * Format: date-time
             * @description When it was over.
             */
            endedAt?: string;
            /** @description `running`, or what ended it, such as `LAPSED` or `COMPLETED`. */
            outcome: string;
            /** @description Its session; only of the newest attempt. */
            sessionId?: string;
            /**
             * Format: date-time
             * @description When its session reported that it runs.
             */
            startedAt?: string;
            /**
             * Format: date-time
             * @description When it was first about to be sent.
             */
            submittedAt?: string;
        };
        /** @description One line of the audit log. */
        AuditLine: {
            /** @description The address that it came from. */
            address?: string;
            /**
             * Format: date-time
             * @description When.
             */
            at: string;
            /**
             * Format: int32
             * @description The code of the refusal or failure.
             */
            code?: number;
            /**
             * Format: uuid
             * @description Names the request in the operator's logs.
             */
            corrId: string;
            /**
             * Format: uuid
             * @description Its id.
             */
            id: string;
            /** @description A remark. */
            note?: string;
            /** @description On what, by its id or name. */
            on?: string;
            /** @description `done`, `refused` or `failed`. */
            outcome: string;
            /**
             * @description What they did or wanted to do.
             * @example callback.cancel
             */
            what: string;
            /**
             * @description Who: a person's or a program's name.
             * @example admin
             */
            who: string;
        };
        /** @description One page of the audit log. */
        AuditLog: {
            /** @description The newest first. */
            entries: components["schemas"]["AuditLine"][];
            /** @description Where the next page begins; absent at the end. */
            next?: string;
        };
        /** @description The queues. */
        Board: {
            /** @description By name. */
            queues: components["schemas"]["BoardRow"][];
        };
        /** @description Agents who serve a queue. */
        BoardAgents: {
            /**
             * Format: int32
             * @description Logged in.
             */
            loggedIn: number;
            /**
             * Format: int32
             * @description Ready for a call.
             */
            ready: number;
        };
        /** @description An interval that waits are meant to lie in. */
        BoardBand: {
            /** @description `model`: learned from this queue's own waits. `router`: around the router's figure. */
            basis: string;
            /**
             * Format: double
             * @description The share of waits that are meant to lie in it.
             * @example 0.8
             */
            confidence: number;
            /**
             * Format: int64
             * @description Seconds.
             */
            high: number;
            /**
             * Format: int64
             * @description Seconds.
             */
            low: number;
        };
        /** @description How often bands held. */
        BoardCoverage: {
            /**
             * Format: double
             * @description The share that did.
             * @example 0.79
             */
            measured: number;
            /**
             * Format: double
             * @description The share of waits that are meant to lie inside their band.
             * @example 0.8
             */
            nominal: number;
            /**
             * Format: int32
             * @description Waits that had a band.
             */
            observations: number;
        };
        /** @description What is offered. */
        BoardOffer: {
            /** @description An immediate callback booked now would be made before the office closes. */
            immediate: boolean;
            /** @description Scheduled callbacks. */
            scheduled: boolean;
        };
        /** @description How a queue fared at a time. */
        BoardPoint: {
            /**
             * Format: date-time
             * @description When.
             */
            at: string;
            /**
             * Format: int64
             * @description The expected wait in seconds, where it was known.
             */
            estimatedWaitTime?: number;
            /**
             * Format: int64
             * @description Callbacks whose time had come.
             */
            waiting: number;
        };
        /** @description How promises were kept: the distance from the desired time to the ring. */
        BoardPromise: {
            /**
             * Format: int64
             * @description Promises.
             */
            count: number;
            /**
             * Format: int64
             * @description Half of the phones rang before this many seconds after their time.
             */
            medianSecs: number;
            /**
             * Format: int64
             * @description Nine in ten rang before it.
             */
            p90Secs: number;
            /**
             * Format: double
             * @description The share that rang within five minutes of the time, from 0 to 1.
             */
            withinFiveMinutes: number;
        };
        /** @description How a queue fares. */
        BoardRow: {
            agents?: components["schemas"]["BoardAgents"];
            /**
             * Format: date-time
             * @description When all this was so.
             */
            at: string;
            band?: components["schemas"]["BoardBand"];
            /**
             * Format: date-time
             * @description When it closes; while it is open, and within 31 days.
             */
            closesAt?: string;
            coverage?: components["schemas"]["BoardCoverage"];
            /** @description Whether a service is closed for an emergency. */
            emergency: boolean;
            /**
             * Format: int64
             * @description The expected wait in seconds; absent while it is unknown.
             * @example 95
             */
            estimatedWaitTime?: number;
            /**
             * Format: int64
             * @description Callbacks that are queued, routed or handled.
             */
            live: number;
            /** @description What any of its services offers now. */
            offered: components["schemas"]["BoardOffer"];
            /** @description Whether any of its services is open. */
            open: boolean;
            /**
             * Format: date-time
             * @description When it opens; while it is closed, and known.
             */
            opensAt?: string;
            promise?: components["schemas"]["BoardPromise"];
            /**
             * @description The queue.
             * @example CB_Sales_VQ
             */
            queue: string;
            /**
             * Format: int64
             * @description Callbacks for later.
             */
            scheduled: number;
            /**
             * Format: int64
             * @description Those of them that are for later today, by the queue's own day.
             */
            scheduledToday: number;
            /** @description Its services by name; empty where callbacks are left of one that is gone. */
            services: string[];
            /** @description The last hour, a point a minute, as far as somebody looked at the board on this node; the latest last. */
            trend: components["schemas"]["BoardPoint"][];
            /**
             * Format: int64
             * @description Callbacks whose time has come and whose session has not reported yet, immediate ones among them.
             */
            waiting: number;
        };
        /** @description A callback to be booked. */
        BookedByHand: {
            /** @description When to call: ISO 8601 with `Z` or an offset, or civil with `timezone`; absent is as soon as possible. */
            desiredTime?: string;
            /**
             * @description Whom to call; without a `+` it belongs to the service's default country.
             * @example +14155550123
             */
            phoneNumber: string;
            /** @description Where notices are pushed to. */
            pushTargets?: components["schemas"]["PushTarget"][];
            /**
             * @description The callback service.
             * @example CB_Sales
             */
            serviceName: string;
            /** @description The zone of a civil `desiredTime`. */
            timezone?: string;
            /** @description The customer's own data. */
            userData?: Record<string, unknown>;
        };
        /** @description A booking that is asked about. */
        BookingToCheck: {
            /** @description As in the public API's booking. */
            alwaysCheckCapacity?: boolean;
            /**
             * @description When to call: ISO 8601 with `Z` or an offset, or civil with `timezone`; absent is as soon as possible.
             * @example 2026-01-06T15:00:00Z
             */
            desiredTime?: string;
            /**
             * @description Whom to call; without a `+` it belongs to the service's default country.
             * @example +14155550123
             */
            phoneNumber: string;
            /** @description As in the public API's booking; a service that calls nobody needs one. */
            pushTargets?: components["schemas"]["PushTarget"][];
            /**
             * @description The callback service.
             * @example CB_Sales
             */
            serviceName: string;
            /** @description The zone of a civil `desiredTime`. */
            timezone?: string;
        };
        /** @description A change of many callbacks as it stands. */
        Bulk: {
            /**
             * @description `cancel` or `reschedule`.
             * @example cancel
             */
            action: string;
            /** @description Who began it. */
            by: string;
            /**
             * Format: date-time
             * @description The time that it moves to.
             */
            desiredTime?: string;
            /**
             * Format: int32
             * @description Those that were looked at.
             */
            done: number;
            /**
             * Format: date-time
             * @description When it was over.
             */
            finishedAt?: string;
            /**
             * Format: uuid
             * @description Its id.
             */
            id: string;
            /** @description What they said of it. */
            note?: string;
            /**
             * Format: int32
             * @description Those for which it came to nothing.
             */
            refused: number;
            /**
             * Format: int32
             * @description By how many minutes it moves.
             */
            shiftMinutes?: number;
            /**
             * Format: date-time
             * @description When it began.
             */
            startedAt: string;
            /**
             * @description `running`, also while it waits for its turn; `done` or `stopped`.
             * @example running
             */
            state: string;
            /**
             * Format: int32
             * @description Those that are as they were wanted.
             */
            succeeded: number;
            /**
             * Format: int32
             * @description Its callbacks.
             */
            total: number;
        };
        /** @description Which callbacks: the fields of the list's query. A field that is absent leaves nobody out. */
        BulkFilter: {
            /**
             * Format: date-time
             * @description Booked at this time or later.
             */
            createdFrom?: string;
            /**
             * Format: date-time
             * @description Booked before this time.
             */
            createdTo?: string;
            /**
             * Format: date-time
             * @description Desired at this time or later.
             */
            desiredFrom?: string;
            /**
             * Format: date-time
             * @description Desired before this time.
             */
            desiredTo?: string;
            /** @description `immediate` or `scheduled`. */
            kind?: string;
            /** @description Of this number, whole. */
            phone?: string;
            /** @description In any of these queues. */
            queue?: string[];
            /** @description Ended by any of these reasons. */
            reason?: string[];
            /** @description Of any of these services. */
            service?: string[];
            /** @description In any of these states; of them those count in which the action is possible. */
            state?: string[];
        };
        /** @description One page of changes. */
        BulkList: {
            /** @description The newest first. */
            bulks: components["schemas"]["Bulk"][];
            /** @description Where the next page begins; absent at the end. */
            next?: string;
        };
        /** @description What a change would be about. */
        BulkPreview: {
            /**
             * Format: int32
             * @description How many callbacks; counted to 100 000.
             */
            count: number;
            /** @description Whether there are no more. */
            exact: boolean;
            /** @description Some of them. */
            sample: components["schemas"]["Row"][];
        };
        /** @description What is to be looked at. */
        BulkQuestion: {
            /** @description `cancel` or `reschedule`. */
            action: string;
            /** @description Which callbacks. */
            filter: components["schemas"]["BulkFilter"];
        };
        /** @description What became of one callback. */
        BulkResult: {
            /**
             * Format: uuid
             * @description The callback.
             */
            callbackId: string;
            /**
             * Format: int32
             * @description The code that a single change would have been refused with.
             * @example 40016
             */
            code?: number;
            /** @description What it means. */
            message?: string;
            /** @description Whether it is as it was wanted. */
            ok: boolean;
        };
        /** @description One page of what became of callbacks. */
        BulkResults: {
            /** @description Where the next page begins; absent at the end of what is known now. A page may be short before that. */
            next?: string;
            /** @description In the order in which they were changed. */
            rows: components["schemas"]["BulkResult"][];
        };
        /** @description A change of many callbacks. */
        BulkWanted: {
            /** @description `cancel` or `reschedule`. */
            action: string;
            /**
             * Format: date-time
             * @description `reschedule`: to this time, in place of `shiftMinutes`.
             */
            desiredTime?: string;
            /**
             * Format: int32
             * @description How many the preview counted. Where clearly more are found now, nothing is begun (40901, `data.count`).
             */
            expectedCount: number;
            /** @description Which callbacks. */
            filter: components["schemas"]["BulkFilter"];
            /** @description A remark for those who look at the job, and for the audit log. */
            note?: string;
            /**
             * Format: int32
             * @description `reschedule`: by so many minutes from each callback's own time, or from now where that is past.
             */
            shiftMinutes?: number;
        };
        /** @description Who caused a change. */
        By: {
            /** @description `api`, `user`, `session`, `flow` or `system`. */
            kind: string;
            /** @description The person's name. */
            name?: string;
        };
        /** @description A pool of numbers to call in on, and how it is given out. */
        CallInGroup: {
            /** @description `shared`: a number serves many requests at once. `exclusive`: one. Absent: `shared`. */
            allocation?: string;
            /**
             * Format: int32
             * @description The digits of a code, 4 to 9. Absent: 6.
             */
            codeDigits?: number;
            /**
             * @description The numbers, each of one group only.
             * @example [
             *       "+19059680004"
             *     ]
             */
            numbers: string[];
            /** @description Whether a request gets a code to type. Absent: true. */
            provideCode?: boolean;
            /**
             * Format: int32
             * @description Seconds that a request lives, 30 to 86 400. Absent: 900.
             */
            ttlSeconds?: number;
        };
        /** @description A request for a number, and what became of it. */
        CallInRow: {
            /**
             * Format: int32
             * @description The code to type.
             */
            accessCode?: number;
            /**
             * Format: uuid
             * @description The callback that it belongs to.
             */
            callbackId?: string;
            /**
             * Format: date-time
             * @description When it was asked for.
             */
            createdTime: string;
            /** @description The number to dial. */
            dnis: string;
            /**
             * Format: date-time
             * @description Until when a call is recognised.
             */
            expirationTime: string;
            /** @description The group. */
            group: string;
            /**
             * Format: uuid
             * @description Its id.
             */
            id: string;
            /** @description What told who it was: `accessCode`, `ani`, `dnis`. */
            matchedBy?: string[];
            /**
             * Format: date-time
             * @description When the call came.
             */
            matchedTime?: string;
            /** @description The number that the customer calls from, where it is known. */
            phoneNumber?: string;
            /** @description `live`, `matched` or `expired`. */
            state: string;
        };
        /** @description One page of requests. */
        CallInRows: {
            /** @description Where the next page begins; absent at the end. */
            next?: string;
            /** @description The newest first. */
            requests: components["schemas"]["CallInRow"][];
        };
        /** @description Calls in a part of the day. */
        CallLoad: {
            /**
             * Format: double
             * @description Calls in an hour.
             */
            calls: number;
            /** @description `HH:MM`. */
            from: string;
            /** @description `HH:MM`, or `24:00`. */
            to: string;
        };
        /** @description Why it is called off. */
        CalledOff: {
            /** @description A remark, for its history and the audit log. */
            note?: string;
            /**
             * Format: int64
             * @description The revision that was seen; another one is refused with 40901.
             */
            revision?: number;
        };
        /** @description A change of the clock. */
        ChangeAhead: {
            /**
             * @description The offset after.
             * @example -04:00
             */
            after: string;
            /**
             * Format: date-time
             * @description When.
             */
            at: string;
            /**
             * @description The offset before.
             * @example -05:00
             */
            before: string;
            /** @description `gap`: an hour is missing. `overlap`: one comes twice. */
            kind: string;
        };
        /** @description What is corrected. */
        Correction: {
            /** @description Another number. */
            phoneNumber?: string;
            /** @description Other data, in place of all there was. */
            userData?: Record<string, unknown>;
        };
        /** @description How many callbacks a filter finds. */
        Counted: {
            /**
             * Format: int32
             * @description How many; counted to 100 000.
             */
            count: number;
            /** @description Whether there are no more. */
            exact: boolean;
        };
        /** @description How often the bands of one day held. */
        CoverageDay: {
            /**
             * Format: int32
             * @description Waits that had a band.
             */
            count: number;
            /**
             * Format: date
             * @description The day.
             */
            date: string;
            /**
             * Format: double
             * @description The share of waits inside their band; null where none was measured.
             */
            measured: number | null;
        };
        /** @description One day of office hours. */
        DayAhead: {
            change?: components["schemas"]["ChangeAhead"];
            /** @description The date. */
            date: string;
            /** @description When the office is open; an opening that goes on is cut at midnight. */
            openings: components["schemas"]["OpeningAhead"][];
            /** @description The special day that it is. */
            special?: string;
        };
        /** @description What is known of a day. */
        DayToPlan: {
            /** @description Calls that come in, without callbacks; none outside of the parts. */
            callsPerHour: components["schemas"]["CallLoad"][];
            /** @description The day, `YYYY-MM-DD`. */
            date: string;
            /**
             * Format: double
             * @description How long a call keeps its agent, in seconds, 1 to 36 000.
             */
            handlingSeconds: number;
            /**
             * Format: double
             * @description How long callers wait before they hang up, on the mean, in seconds, 1 to 36 000. Absent: 300.
             */
            patienceSeconds?: number;
            /** @description The queue, whose office hours and rule are taken. */
            queue: string;
            /**
             * Format: int32
             * @description The length of a slot: 5, 10, 15, 20, 30 or 60. Absent: that of the rule that holds now.
             */
            slotMinutes?: number;
            /** @description Agents at work; nobody outside of the parts. */
            staffing: components["schemas"]["Staffing"][];
            /**
             * Format: double
             * @description Nine in ten callbacks are to be made at most this much after their time, in seconds, 0 to 36 000.
             */
            wantedP90Seconds: number;
        };
        /** @description Office hours day by day. */
        DaysAhead: {
            /** @description Day by day. */
            days: components["schemas"]["DayAhead"][];
            /** @description The zone. */
            zone: string;
        };
        /** @description One message on its way, or there. */
        Delivery: {
            /**
             * Format: date-time
             * @description When it was made.
             */
            at: string;
            /**
             * Format: int32
             * @description Calls so far.
             */
            attempts: number;
            /**
             * Format: uuid
             * @description The callback.
             */
            callbackId: string;
            /** @description What went wrong at the last call. */
            error?: string;
            /**
             * @description The kind of its event.
             * @example callback.completed
             */
            event: string;
            /**
             * Format: uuid
             * @description Its id; the listener knows it as `msg_` and its digits.
             */
            id: string;
            /**
             * Format: int32
             * @description How long the last call took, in milliseconds.
             */
            ms?: number;
            /**
             * Format: date-time
             * @description When it is called next, while it waits.
             */
            nextAt?: string;
            /** @description `pending`, `delivered` or `failed`. */
            state: string;
            /**
             * Format: int32
             * @description The status of the last answer.
             */
            status?: number;
        };
        /** @description One page of a webhook's log. */
        DeliveryPage: {
            /** @description The newest first. */
            deliveries: components["schemas"]["Delivery"][];
            /** @description Where the next page begins; absent at the end. */
            next?: string;
        };
        /** @description A callback with all that is known of it. */
        Detail: components["schemas"]["Row"] & {
            /** @description Its submissions. */
            attempts: components["schemas"]["AttemptRow"][];
            /** @description What the session said of itself, and what became of its attempts. */
            diagnostics: components["schemas"]["Diagnosed"];
            /** @description The node that owns the session. */
            node?: string;
            /** @description How the customer's phone was dialled, oldest first; the last 20 dials at most. */
            outcomes: components["schemas"]["DialRow"][];
            /** @description The devices that are told. */
            pushTargets: components["schemas"]["Device"][];
            /** @description The session that works on it. */
            sessionId?: string;
            /** @description The settings that it was booked under: what the service says now may differ. */
            settings: components["schemas"]["ServiceDocument"];
            /** @description Its history, oldest first. */
            timeline: components["schemas"]["TimelineEvent"][];
            /** @description The customer's own data. */
            userData: Record<string, unknown>;
        };
        /** @description A device that is told; which one is not shown. */
        Device: {
            /** @description `FCM`. */
            channel: string;
            /** @description In which language. */
            language: string;
        };
        /** @description What is known of a callback's sessions. */
        Diagnosed: {
            /** @description The agent's user name. */
            agent?: string;
            /** @description The call. */
            callUuid?: string;
            /** @description The interaction in the queue. */
            interactionId?: string;
            /** @description The session's last error. */
            lastError?: string;
            /**
             * Format: int32
             * @description Sessions that were lost.
             */
            lost: number;
            /**
             * Format: date-time
             * @description When the session was first found missing; while it is.
             */
            missingSince?: string;
            /** @description Nobody knows whether a session runs: no report came in time. */
            outcomeUnknown: boolean;
            /**
             * Format: int32
             * @description How often sessions put it off.
             */
            putOff: number;
            /**
             * Format: date-time
             * @description When the customer's phone first rang.
             */
            reachedAt?: string;
            /**
             * Format: date-time
             * @description When the session last said something of itself.
             */
            seenAt?: string;
            /**
             * Format: int32
             * @description Submissions in a row that stayed unanswered.
             */
            unanswered: number;
            /**
             * Format: date-time
             * @description When the customer was told that the call is near.
             */
            upcomingAt?: string;
        };
        /** @description The outcome of a dial. */
        DialRow: {
            /**
             * Format: date-time
             * @description When.
             */
            at: string;
            /**
             * Format: int32
             * @description Which dial of its session, from 1.
             */
            n: number;
            /**
             * @description The session's word for it.
             * @example NO_ANSWER
             */
            result: string;
        };
        /** @description One value that is another one than before; one of the names says what it is about. */
        DiffLine: {
            /** @description The value after. */
            after?: unknown;
            /** @description The value before. */
            before?: unknown;
            /** @description Office hours. */
            hours?: string;
            /** @description Where in it; empty is all of it. */
            path: string;
            /** @description A rule, with the word for its kind: `capacity`, `numbers` or `regions`. */
            rule?: string;
            /** @description A service. */
            service?: string;
        };
        /** @description Everything that is kept of a number. */
        DossierDocument: {
            /** @description Its requests for numbers to call in on. */
            callIns: Record<string, unknown>[];
            /** @description Its callbacks, each as it is kept, with its history. */
            callbacks: Record<string, unknown>[];
            /**
             * Format: date-time
             * @description When this was put together.
             */
            generatedTime: string;
            /** @description The number. */
            phoneNumber: string;
        };
        /** @description Office hours to be kept. */
        EditHours: {
            /** @description What they say; the name is that of the path. */
            document: Record<string, unknown>;
        };
        /** @description What is set of a service. */
        EditService: {
            /** @description All of the settings; what is left out means what it means for a new service. */
            settings: Record<string, unknown>;
        };
        /** @description A rule after an edit. */
        EditedNumberRule: {
            /**
             * Format: int64
             * @description The revision that stands.
             */
            revision: number;
            rule?: components["schemas"]["KnownNumberRule"];
        };
        /** @description A rule after an edit. */
        EditedRegionRule: {
            /**
             * Format: int64
             * @description The revision that stands.
             */
            revision: number;
            rule?: components["schemas"]["KnownRegionRule"];
        };
        /** @description A rule after an edit, and what the edit does to bookings. */
        EditedRule: {
            /** @description What the edit does to bookings, or would do. */
            effect: components["schemas"]["EffectDocument"];
            /**
             * Format: int64
             * @description The revision that stands, or would stand.
             */
            revision: number;
            rule?: components["schemas"]["KnownRule"];
        };
        /** @description What an edit does to the bookings that are there. */
        EffectDocument: {
            /** @description Slots that have more bookings than places then, at most 1000; nobody loses a place. */
            overbooked: components["schemas"]["OverbookedSlot"][];
            /** @description How many slots are overbooked already. */
            overbookedBefore: number;
            /** @description Slots that begin, end or have places otherwise than before. */
            slotsChanged: number;
        };
        /** @description Whether a service is closed for an emergency. */
        Emergency: {
            /** @description Why, for those who look later. */
            note?: string;
            /** @description Closed now, whatever the hours say. */
            on: boolean;
        };
        /** @description How much is gone. */
        ErasedDocument: {
            /**
             * Format: int64
             * @description Requests for numbers to call in on.
             */
            callIns: number;
            /**
             * Format: int64
             * @description Callbacks.
             */
            callbacks: number;
            /**
             * Format: int64
             * @description What webhooks were told of its callbacks, or had yet to be told.
             */
            deliveries: number;
            /**
             * Format: int64
             * @description Rows of their histories.
             */
            events: number;
        };
        /** @description Where to go on. */
        Farewell: {
            /** @description Where the browser goes to sign out elsewhere too. */
            farewell?: string;
        };
        /** @description Whose number, and that it is meant. */
        Forget: {
            /** @description `true`: there is no way back. */
            confirm: boolean;
            /** @description The number. */
            phoneNumber: string;
        };
        /** @description What was forgotten. */
        ForgottenDocument: {
            /** @description What is gone. */
            erased: components["schemas"]["ErasedDocument"];
            /**
             * Format: int64
             * @description Callbacks that an agent handles now or whose sessions must still be told: they go by themselves when that is done.
             */
            remaining: number;
        };
        /** @description The groups of a contact centre. */
        Groups: {
            /** @description By name. */
            groups: components["schemas"]["KnownGroup"][];
        };
        /** @description Which days to look at. */
        HoursAhead: {
            /**
             * Format: int32
             * @description How many days, 1 to 62. Absent: 7.
             */
            days?: number;
            /** @description Office hours as they are written; in its place may stand `name`. */
            document?: Record<string, unknown>;
            /** @description The first day, `YYYY-MM-DD`. */
            from: string;
            /** @description Office hours that stand. */
            name?: string;
        };
        /** @description Business hours. */
        HoursDocument: {
            /**
             * @description The name that services refer to.
             * @example BH_Sales
             */
            name: string;
            /** @description The days that override the week. */
            specialDays?: components["schemas"]["SpecialDayDocument"][];
            /** @description The IANA zone whose clocks the hours mean. */
            timezone: string;
            /** @description The hours of each day; a day left out is closed. */
            week: components["schemas"]["WeekDocument"];
        };
        /** @description A part of a day: from `start` until `end`, or all of it. */
        IntervalDocument: {
            /** @description `HH:MM` or `24:00`. Absent: until the end of the day. */
            end?: string;
            /** @description The whole day, in place of `start` and `end`. */
            openAllDay?: boolean;
            /** @description `HH:MM`. */
            start?: string;
        };
        /** @description A key, which itself is never told again. */
        Key: {
            /** @description By whom. */
            by?: string;
            /**
             * Format: date-time
             * @description When a request bore it last, to a minute or two; absent for one that was not used yet.
             */
            lastUsedAt?: string;
            /**
             * Format: date-time
             * @description When it was made, where it was made here.
             */
            madeAt?: string;
            /** @description Its name. */
            name: string;
        };
        /** @description The contact centre's keys. */
        Keys: {
            /** @description The keys, by name. */
            keys: components["schemas"]["Key"][];
            /** @description Whether keys can be made and removed here. */
            writable: boolean;
        };
        /** @description A group as it stands. */
        KnownGroup: components["schemas"]["CallInGroup"] & {
            /**
             * Format: int64
             * @description Its live requests.
             */
            live: number;
            /** @description Its name. */
            name: string;
            /**
             * Format: int64
             * @description What to send in `If-Match`.
             */
            revision: number;
        };
        /** @description Office hours as they stand. */
        KnownHours: {
            /** @description What they say. */
            document: components["schemas"]["HoursDocument"];
            /** @description `designer` or `here`. */
            managedBy: string;
            /** @description Their name. */
            name: string;
            /**
             * Format: int64
             * @description What to send in `If-Match`.
             */
            revision: number;
            /** @description The services that use them. */
            usedBy: string[];
            /** @description The zone whose clocks they mean. */
            zone: string;
        };
        /** @description A rule of numbers as it stands. */
        KnownNumberRule: components["schemas"]["NumberRule"] & {
            /**
             * Format: uuid
             * @description Its id.
             */
            id: string;
            /** @description The queues that use it. */
            queues: string[];
            /**
             * Format: int64
             * @description What to send in `If-Match`.
             */
            revision: number;
        };
        /** @description The rules of numbers of a contact centre. */
        KnownNumberRules: {
            /** @description The queues, with the rules that they use. */
            queues: components["schemas"]["Assignment"][];
            /**
             * Format: int64
             * @description What to send in `If-Match` with a new rule or with assignments.
             */
            revision: number;
            /** @description The rules. */
            rules: components["schemas"]["KnownNumberRule"][];
        };
        /** @description A region and its nodes. */
        KnownRegion: {
            /** @description Its name. */
            name: string;
            /** @description Its orchestration servers. */
            orchestrators: components["schemas"]["Nodes"];
            /** @description Its routers. */
            routers: components["schemas"]["Nodes"];
        };
        /** @description A rule of regions as it stands. */
        KnownRegionRule: components["schemas"]["RegionRule"] & {
            /**
             * Format: uuid
             * @description Its id.
             */
            id: string;
            /** @description The queues that use it. */
            queues: string[];
            /**
             * Format: int64
             * @description What to send in `If-Match`.
             */
            revision: number;
        };
        /** @description The rules of regions of a contact centre. */
        KnownRegionRules: {
            /** @description The queues, with the rules that they use. */
            queues: components["schemas"]["Assignment"][];
            /** @description The regions of the nodes that are configured, and those that rules name. */
            regions: components["schemas"]["KnownRegion"][];
            /**
             * Format: int64
             * @description What to send in `If-Match` with a new rule or with assignments.
             */
            revision: number;
            /** @description The rules. */
            rules: components["schemas"]["KnownRegionRule"][];
        };
        /** @description A capacity rule as it stands. */
        KnownRule: components["schemas"]["RuleDocument"] & {
            /**
             * Format: uuid
             * @description Its id.
             */
            id: string;
            /** @description The queues that use it. */
            queues: string[];
            /**
             * Format: int64
             * @description What to send in `If-Match`.
             */
            revision: number;
        };
        /** @description The capacity rules of a contact centre. */
        KnownRules: {
            /** @description The queues, with the rules that they use. */
            queues: components["schemas"]["Assignment"][];
            /**
             * Format: int64
             * @description What to send in `If-Match` with a new rule or with assignments.
             */
            revision: number;
            /** @description The rules. */
            rules: components["schemas"]["KnownRule"][];
        };
        /** @description A look ahead: a rule, and the days to look at. */
        LookAhead: {
            /**
             * Format: int32
             * @description How many days, 1 to 35. Absent: 7.
             */
            days?: number;
            /** @description The first day, `YYYY-MM-DD`. */
            from: string;
            rule?: components["schemas"]["RuleDocument"];
            /**
             * Format: uuid
             * @description A rule that stands.
             */
            ruleId?: string;
            /** @description The service whose office hours and bookings are looked at. */
            service: string;
        };
        /** @description A new key. */
        MadeKey: {
            /** @description The key. It is told this once. */
            key: string;
            /** @description Its name. */
            name: string;
        };
        /** @description A wish for a key. */
        MakeKey: {
            /** @description Its name, by which it can be removed. */
            name: string;
        };
        /** @description Somebody who is signed in. */
        Me: {
            /** @description What a request that writes bears in `x-csrf-token`; absent for a bearer token, which needs none. */
            csrf?: string;
            /** @description How to greet them. */
            displayName: string;
            /**
             * Format: date-time
             * @description When the session ends, however busy it is.
             */
            endsAt?: string;
            /**
             * Format: int64
             * @description Seconds without a request after which the session ends.
             */
            idleSeconds?: number;
            /** @description Whose callbacks they see. */
            lines: components["schemas"]["MyLines"];
            /**
             * @description What they may do.
             * @example [
             *       "ges.callback.view"
             *     ]
             */
            permissions: string[];
            /**
             * @description What they are.
             * @example [
             *       "supervisor"
             *     ]
             */
            roles: string[];
            /** @description Where they belong. */
            tenant: components["schemas"]["MyTenant"];
            /**
             * @description Their name, as the audit log writes it.
             * @example admin
             */
            userName: string;
        };
        /** @description A line of business. */
        MyLines: {
            /** @description `all`: every queue. `only`: these queues. `except`: every queue but these. */
            kind: string;
            /** @description Which queues. */
            queues?: string[];
        };
        /** @description A contact centre. */
        MyTenant: {
            /**
             * Format: uuid
             * @description Its id.
             */
            id: string;
            /** @description Its name. */
            name: string;
        };
        /** @description A system that the service talks to. */
        Neighbour: {
            /** @description Its last trouble, in our own words. */
            detail?: string;
            /** @description Its name. */
            name: string;
            /**
             * Format: date-time
             * @description Since when.
             */
            since?: string;
            /** @description `up`, `down`, or `unknown` where nobody has asked it yet. */
            state: string;
        };
        /** @description A group with its name. */
        NewGroup: {
            /** @description `shared` or `exclusive`. Absent: `shared`. */
            allocation?: string;
            /**
             * Format: int32
             * @description The digits of a code, 4 to 9. Absent: 6.
             */
            codeDigits?: number;
            /** @description 1 to 255 of `A-Z a-z 0-9 _ . -`. */
            name: string;
            /** @description The numbers, each of one group only. */
            numbers: string[];
            /** @description Whether a request gets a code to type. Absent: true. */
            provideCode?: boolean;
            /**
             * Format: int32
             * @description Seconds that a request lives, 30 to 86 400. Absent: 900.
             */
            ttlSeconds?: number;
        };
        /** @description A new time. */
        NewTime: {
            /**
             * Format: date-time
             * @description ISO 8601 with `Z` or an offset.
             */
            desiredTime: string;
            /**
             * Format: int64
             * @description The revision that was seen; another one is refused with 40901.
             */
            revision?: number;
        };
        /** @description How many nodes there are, and how many answer. */
        Nodes: {
            /** @description All. */
            all: number;
            /** @description Those that answer. */
            healthy: number;
        };
        /** @description Nothing more is to be said. */
        Nothing: Record<string, unknown>;
        /** @description The words of a notice in one language. */
        NoticeDocument: {
            /** @description The sentence below it. */
            body: string;
            /** @description Such as `en-US`. */
            language: string;
            /** @description The headline. */
            title: string;
        };
        /** @description A rule of numbers as people write it. */
        NumberRule: {
            /**
             * @description Numbers that may not: `+1900*` with `?` for one digit and `*` for any, or `/an expression/`.
             * @example [
             *       "+1900*"
             *     ]
             */
            blocked?: string[];
            /**
             * @description The countries that may be called, by their two letters; at least one.
             * @example [
             *       "US",
             *       "CA"
             *     ]
             */
            countries: string[];
            /** @description The name that people see. */
            name: string;
        };
        /** @description A service with all of its settings. */
        OneService: components["schemas"]["ServiceRow"] & {
            /** @description Everything that is set. */
            settings: components["schemas"]["ServiceDocument"];
        };
        /** @description An opening. */
        OpeningAhead: {
            /**
             * Format: date-time
             * @description In UTC.
             */
            end: string;
            /**
             * Format: date-time
             * @description In the zone.
             */
            localEnd: string;
            /**
             * Format: date-time
             * @description In the zone.
             */
            localStart: string;
            /**
             * Format: date-time
             * @description In UTC.
             */
            start: string;
        };
        /** @description A rule, and another length for its slots. */
        OtherLength: {
            /** @description The rule. */
            rule: components["schemas"]["RuleDocument"];
            /**
             * Format: int32
             * @description The length that its slots are to have: 5, 10, 15, 20, 30 or 60.
             */
            slotMinutes: number;
        };
        /** @description A slot with more bookings than places. */
        OverbookedSlot: {
            /**
             * Format: int32
             * @description Its bookings.
             */
            booked: number;
            /** @description The service. */
            service: string;
            /**
             * Format: date-time
             * @description Where it starts.
             */
            start: string;
            /**
             * Format: int32
             * @description Its places.
             */
            total: number;
        };
        /** @description Whose number. */
        Owner: {
            /** @description The number. */
            phoneNumber: string;
        };
        /** @description A plan of a day. */
        PlanOfDay: {
            /** @description How the figures come about. */
            method: string;
            /** @description In time order. */
            slots: components["schemas"]["PlannedSlot"][];
            /** @description The same in the short-hand of capacity rules, for the day's weekday. */
            week: Record<string, unknown>;
            /** @description The zone of the office hours. */
            zone: string;
        };
        /** @description A slot as it is planned. */
        PlannedSlot: {
            /**
             * Format: int32
             * @description Agents at work in all of it.
             */
            agents: number;
            /**
             * Format: int32
             * @description The most callbacks with which the promise holds.
             */
            capacity: number;
            /**
             * Format: int32
             * @description The places it has by the rule that holds now.
             */
            current: number;
            /**
             * Format: date-time
             * @description Where it starts, in the zone.
             */
            localStart: string;
            /**
             * Format: double
             * @description The work that comes in with the callbacks, in agents that it keeps busy.
             */
            offered: number;
            /**
             * Format: double
             * @description How long after its time nine in ten callbacks are made then; absent where nobody is at work.
             */
            p90Secs?: number;
            /**
             * Format: date-time
             * @description Where it starts, in UTC.
             */
            start: string;
            /**
             * Format: double
             * @description The share of the agents' time that it takes, 0 to 1.
             */
            utilisation: number;
        };
        /** @description The rank of a callback in its queue, and how it grows with age. */
        PriorityDocument: {
            /**
             * Format: int32
             * @description What is added at the end of each interval. Absent: 10.
             */
            increment?: number;
            /**
             * Format: int32
             * @description The rank at first. Absent: 100.
             */
            initial?: number;
            /**
             * Format: int32
             * @description The interval in seconds; 0 stops the growth. Absent: 60.
             */
            intervalSeconds?: number;
            /**
             * Format: int32
             * @description The rank never passes this. Absent: 1000.
             */
            limit?: number;
        };
        /** @description Phones that rang at a distance. */
        PromiseBin: {
            /**
             * Format: int64
             * @description So many.
             */
            count: number;
            /**
             * Format: int64
             * @description From this distance.
             */
            fromSecs: number;
            /**
             * Format: int64
             * @description To this one; the same where it is any beyond.
             */
            toSecs: number;
        };
        /** @description How the promises of one day were kept. Distances are in seconds, below 0 where the phone rang early. */
        PromiseDay: {
            /**
             * Format: int64
             * @description Promises.
             */
            count: number;
            /**
             * Format: date
             * @description The queue's own day.
             */
            date: string;
            /** @description How many rang at which distance; distances at which none rang are left out. */
            histogram: components["schemas"]["PromiseBin"][];
            /**
             * Format: int64
             * @description Half of the phones rang before this distance.
             */
            medianSecs: number;
            /**
             * Format: int64
             * @description One in ten rang before it.
             */
            p10Secs: number;
            /**
             * Format: int64
             * @description Nine in ten rang before it.
             */
            p90Secs: number;
            /**
             * Format: double
             * @description The share that rang within five minutes of the time, from 0 to 1.
             */
            withinFiveMinutes: number;
        };
        /** @description How a queue's promised times were kept. */
        PromiseDays: {
            /** @description The days on which a promise fell due, the latest last. */
            days: components["schemas"]["PromiseDay"][];
        };
        /** @description A device to be told. */
        PushTarget: {
            /** @description `FCM`. */
            channel: string;
            /** @description The registration token. */
            target: string;
        };
        /** @description How often a queue's bands held. */
        QueueCoverage: {
            /** @description Each of the queue's days, the latest last. */
            days: components["schemas"]["CoverageDay"][];
            /**
             * Format: double
             * @description The share that did, over the last seven days; null where none was measured.
             */
            measured: number | null;
            /**
             * Format: double
             * @description The share of waits that are meant to lie inside their band.
             */
            nominal: number;
            /**
             * Format: int32
             * @description Waits that had a band.
             */
            observations: number;
        };
        /** @description A rule that was read. */
        ReadRule: {
            /** @description The rule. */
            rule: components["schemas"]["RuleDocument"];
        };
        /** @description The contact centre as it was read. */
        Refetched: {
            /**
             * Format: date-time
             * @description When it was read.
             */
            readAt: string;
            /** @description How many services it offers. */
            services: number;
        };
        /** @description A rule of regions as people write it. */
        RegionRule: {
            /** @description The name that people see. */
            name: string;
            /**
             * @description The regions in order of preference, each once; the first with a healthy node is used, then any other.
             * @example [
             *       "eu-west",
             *       "eu-central"
             *     ]
             */
            regions: string[];
        };
        /** @description What became different in a revision. */
        RevisionDiff: components["schemas"]["RevisionRow"] & {
            /** @description The differences, at most 500. */
            diff: components["schemas"]["DiffLine"][];
        };
        /** @description A revision in a list. */
        RevisionRow: {
            /**
             * Format: date-time
             * @description When it was made.
             */
            at: string;
            /** @description By whom. */
            by: string;
            /** @description What was added or changed: services, office hours and rules. */
            changed: string[];
            /** @description Why, where somebody said so. */
            note?: string;
            /** @description What was removed. */
            removed: string[];
            /**
             * Format: int64
             * @description The revision.
             */
            revision: number;
        };
        /** @description Revisions, the newest first. */
        Revisions: {
            /** @description Where the next page begins; absent at the end. */
            next?: string;
            /** @description The newest first; the last 200 are remembered. */
            revisions: components["schemas"]["RevisionRow"][];
        };
        /** @description A callback in a list. */
        Row: {
            /** @description What its state allows: `cancel`, `reschedule`, `edit`, `recreate`. */
            actions: string[];
            /**
             * Format: int32
             * @description Submissions so far.
             */
            attempt: number;
            /**
             * Format: date-time
             * @description When it ended.
             */
            completedTime?: string;
            /**
             * Format: date-time
             * @description When it was booked.
             */
            createdTime: string;
            /**
             * Format: date-time
             * @description When the customer wants the call.
             */
            desiredTime: string;
            /**
             * Format: date-time
             * @description The earliest time at which it enters its queue; while it waits here.
             */
            dueTime?: string;
            /**
             * Format: int32
             * @description The estimated wait in seconds; as the place.
             */
            estimatedWaitTime?: number;
            /**
             * Format: date-time
             * @description When it has failed for being late.
             */
            expirationTime: string;
            /**
             * Format: uuid
             * @description The callback's id.
             */
            id: string;
            /** @description `immediate` or `scheduled`. */
            kind: string;
            /**
             * @description Whom to call.
             * @example +14155550123
             */
            phoneNumber: string;
            /**
             * Format: int32
             * @description The place in the queue from 1; while it is there, and known.
             */
            positionInQueue?: number;
            /**
             * Format: int32
             * @description Its rank.
             */
            priority?: number;
            /** @description How it ended; only when it is completed. */
            reason?: string;
            /**
             * Format: int64
             * @description Rises with every change.
             */
            revision: number;
            /** @description The service it was booked with. */
            serviceName: string;
            /** @description Where the request came from. */
            source?: string;
            /**
             * @description `SCHEDULED`, `QUEUED`, `ROUTING`, `PROCESSING` or `COMPLETED`.
             * @example SCHEDULED
             */
            state: string;
            /**
             * Format: date-time
             * @description When it last changed.
             */
            updatedTime: string;
            /** @description The queue in which it waits. */
            virtualQueue: string;
        };
        /** @description One page of callbacks. */
        Rows: {
            /** @description In the order asked for. */
            callbacks: components["schemas"]["Row"][];
            /** @description Where the next page begins; absent at the end. */
            next?: string;
        };
        /** @description A capacity rule as people write it. */
        RuleDocument: {
            /** @description Places on dates that differ from the week. */
            exceptions?: Record<string, unknown>;
            /** @description The name that people see. */
            name: string;
            /**
             * Format: int32
             * @description The length of a slot: 5, 10, 15, 20, 30 or 60.
             */
            slotMinutes: number;
            /** @description Places by day and time: days as `mon`, `mon-fri`, `1` or `_capacity_1`; a value holds until the next time. */
            week: Record<string, unknown>;
        };
        /** @description A callback service. */
        ServiceDocument: {
            /** @description Whether premium-rate numbers may be called. Absent: false. */
            allowPremiumRate?: boolean;
            /** @description The office hours. Absent: always open. */
            businessHours?: string;
            /** @description `USERTERMINATED` (the default): we call the customer. `USERORIGINATED`: the device is told and calls in. */
            callDirection?: string;
            /** @description The name that the customer sees. */
            callerDisplayName?: string;
            /**
             * Format: int32
             * @description Places of a slot where no capacity rule is assigned, at most 100 000. Absent: 100.
             */
            capacityPerSlot?: number;
            /** @description The country of numbers written without one. Absent: `US`. */
            defaultCountry?: string;
            /** @description Open callbacks of one number: `allow` any, `max_two` (the default), or `reject` a second one. */
            duplicatePolicy?: string;
            /** @description Closed now, whatever the hours say. Absent: false. */
            emergency?: boolean;
            /** @description A switched-off service takes no bookings. Absent: true. */
            enabled?: boolean;
            /** @description Whether “call me as soon as you can” is offered. Absent: true. */
            immediateCallbackEnabled?: boolean;
            /** @description The language of customers who name none. Absent: `en-US`. */
            language?: string;
            /**
             * Format: int32
             * @description Submissions that may stay unanswered, sessions that may be lost, and times that sessions may put a callback off,
             *     before it fails. Absent: 5.
             */
            maxAttempts?: number;
            /**
             * Format: int32
             * @description Bookings of the service in ten minutes. Absent: 500.
             */
            maxBookingsPerTenMinutes?: number;
            /**
             * Format: int32
             * @description A scheduled callback starts at most this much later than its request. Absent: 14.
             */
            maxDaysAhead?: number;
            /**
             * Format: int32
             * @description Dial attempts of one session. Absent: 3.
             */
            maxDialAttempts?: number;
            /**
             * Format: int32
             * @description How much before the desired time a callback may enter its queue. Absent: 900.
             */
            maxEarlySubmitSeconds?: number;
            /**
             * Format: int32
             * @description Immediate bookings of one number in 24 hours. Absent: 6.
             */
            maxImmediatePerNumberPerDay?: number;
            /**
             * Format: int32
             * @description Most callbacks waiting in the queue; more immediate ones are refused. Absent: 1000.
             */
            maxQueued?: number;
            /**
             * Format: int32
             * @description Callbacks released into the queue per minute. Absent: no limit.
             */
            maxReleasePerMinute?: number;
            /**
             * Format: int32
             * @description A scheduled callback starts at least this much later than its request. Absent: 15.
             */
            minLeadMinutes?: number;
            /**
             * @description The name that clients use: 1 to 255 of `A-Z a-z 0-9 _ . -`.
             * @example CB_Sales
             */
            name: string;
            /**
             * Format: int32
             * @description The wait above which callbacks should be offered to callers. Absent: 120.
             */
            offerEwtThresholdSeconds?: number;
            /** @description The number that the customer sees. */
            outboundCallerId?: string;
            /** @description The rank in the queue. */
            priority?: components["schemas"]["PriorityDocument"];
            /**
             * Format: int32
             * @description The customer is told that the call is near when the wait falls below this. Absent: nobody is told.
             */
            pushNotificationThresholdMinutes?: number;
            /**
             * Format: int32
             * @description A callback not completed this long after its desired time has failed. Absent: 86 400.
             */
            queueTtlSeconds?: number;
            /**
             * Format: int32
             * @description The wait between two dial attempts. Absent: 600.
             */
            redialIntervalSeconds?: number;
            /**
             * Format: int32
             * @description How long the customer's phone rings. Absent: 60.
             */
            ringTimeoutSeconds?: number;
            /** @description Where the outbound call starts. */
            routePoint?: string;
            /** @description Whether “call me at …” is offered. Absent: true. */
            scheduledCallbackEnabled?: boolean;
            /** @description The document that the orchestration server runs; an address over HTTP, or empty. */
            scxmlUrl?: string;
            /**
             * Format: int32
             * @description The length of a slot where no capacity rule is assigned: 5, 10, 15, 20, 30 or 60. Absent: 30.
             */
            slotMinutes?: number;
            /** @description Where the survey after the call starts. */
            surveyRP?: string;
            /** @description The IANA zone of a service without office hours. Absent: UTC. */
            timezone?: string;
            /** @description The words of the notice that a call is near, by language. */
            upcoming?: components["schemas"]["NoticeDocument"][];
            /** @description The queue that callbacks wait in. */
            virtualQueue: string;
        };
        /** @description The services of a contact centre. */
        ServiceList: {
            /**
             * Format: int64
             * @description The revision of the last publication, as the publisher counts.
             */
            published: number;
            /**
             * Format: int64
             * @description The revision of everything: what to send in `If-Match` with a new service.
             */
            revision: number;
            /** @description By name. */
            services: components["schemas"]["ServiceRow"][];
        };
        /** @description A service in a list. */
        ServiceRow: {
            /** @description Its office hours; absent is always open. */
            businessHours?: string;
            /**
             * Format: int32
             * @description Places of a slot where no rule is assigned.
             */
            capacityPerSlot: number;
            /** @description Closed now, whatever the hours say. */
            emergency: boolean;
            /** @description Whether immediate callbacks are offered. */
            immediate: boolean;
            /** @description `designer` or `here`. */
            managedBy: string;
            /** @description Its name. */
            name: string;
            /** @description Withdrawn while callbacks were open: it takes no new ones. */
            retired: boolean;
            /**
             * Format: int64
             * @description What to send in `If-Match`.
             */
            revision: number;
            /** @description Whether scheduled callbacks are offered. */
            scheduled: boolean;
            /**
             * Format: int32
             * @description The length of a slot: that of the rule of its queue, where there is one.
             */
            slotMinutes: number;
            /** @description The queue that callbacks wait in. */
            virtualQueue: string;
            /** @description The zone of its slots. */
            zone: string;
        };
        /** @description The captcha of the contact centre's pages. */
        SetCaptcha: {
            /** @description The action for which a token must have been made. */
            action?: string;
            /** @description Whether a booking over the public API needs a token; yes where it is left out. */
            enforce?: boolean;
            /** @description `closed` refuses bookings while the captcha service is away, `open` takes them unchecked. */
            failMode?: string;
            /** @description The hosts on whose pages a token may have been made; none is any. */
            hostnames?: string[];
            /**
             * Format: double
             * @description The score from which a token is a person's, 0 to 1; 0.5 where it is left out.
             */
            minScore?: number;
            /** @description The project, for the Enterprise form. */
            project?: string;
            /** @description `v2`, `v3` or `enterprise`. */
            provider: string;
            /** @description The secret, or the API key of the Enterprise form; left out, the one before stays. */
            secret?: string;
            /** @description The public key, which the pages bear. */
            siteKey: string;
        };
        /** @description How people sign in here. */
        SignInDoor: {
            /**
             * @description `local`: with name and password, by a request to this address. `gauth`: by a visit to `sign-in/start`.
             * @example local
             */
            kind: string;
        };
        /** @description A name and its password. */
        SignInForm: {
            /** @description The password. */
            password: string;
            /**
             * Format: uuid
             * @description Only into this contact centre.
             */
            tenant?: string;
            /**
             * @description The name; case does not count.
             * @example admin
             */
            userName: string;
        };
        /** @description A slot with its places. */
        SlotAhead: {
            /**
             * Format: int32
             * @description Its bookings.
             */
            booked: number;
            /**
             * Format: int32
             * @description The places it has by the rule that holds now.
             */
            current?: number;
            /**
             * Format: date-time
             * @description Where it ends.
             */
            end: string;
            /**
             * Format: date-time
             * @description Where it starts, in the zone.
             */
            localStart: string;
            /**
             * Format: date-time
             * @description Where it starts, in UTC.
             */
            start: string;
            /**
             * Format: int32
             * @description Its places.
             */
            total: number;
        };
        /** @description The slots of a service. */
        SlotList: {
            /**
             * Format: int32
             * @description The length of a whole slot in minutes.
             * @example 30
             */
            slotMinutes: number;
            /** @description In time order. */
            slots: components["schemas"]["SlotRow"][];
            /**
             * @description The zone of the service's clocks.
             * @example America/New_York
             */
            zone: string;
        };
        /** @description A slot of a service. */
        SlotRow: {
            /**
             * Format: int32
             * @description Places taken; more than `total` where places were taken away after they were booked.
             * @example 8
             */
            booked: number;
            /**
             * Format: date-time
             * @description The first instant after it.
             * @example 2026-01-06T15:30:00.000Z
             */
            end: string;
            /**
             * Format: int32
             * @description Places left.
             * @example 12
             */
            left: number;
            /**
             * Format: date-time
             * @description The start as the clocks of `zone` show it, with their offset.
             * @example 2026-01-06T10:00:00.000-05:00
             */
            localStart: string;
            /**
             * @description Whether a callback can be scheduled for it as far as the service goes: it takes scheduled callbacks, and the slot
             *     is neither over, nor too soon, nor too far ahead.
             */
            open: boolean;
            /**
             * Format: date-time
             * @description Its first instant: the desired time of a callback in it.
             * @example 2026-01-06T15:00:00.000Z
             */
            start: string;
            /**
             * Format: int32
             * @description Places in all.
             * @example 20
             */
            total: number;
        };
        /** @description Slots as a rule would make them. */
        SlotsAhead: {
            /** @description In time order. */
            slots: components["schemas"]["SlotAhead"][];
            /** @description The zone of the office hours. */
            zone: string;
        };
        /** @description A day whose own hours replace those of the week. */
        SpecialDayDocument: {
            /** @description `YYYY-MM-DD`. */
            date: string;
            /** @description Its hours; none is closed. */
            hours?: components["schemas"]["IntervalDocument"][];
            /** @description What people call it. */
            name?: string;
            /** @description Whether it comes back every year. Absent: false. */
            recursYearly?: boolean;
        };
        /** @description A rule in any of its spellings. */
        Spelled: {
            /** @description The same as an object: days, or a whole rule. */
            document?: Record<string, unknown>;
            /**
             * Format: int32
             * @description The length of a slot where the text names none. Absent: 30.
             */
            slotMinutes?: number;
            /** @description JSON as it was pasted; in its place may stand `document`. */
            text?: string;
        };
        /** @description Agents in a part of the day. */
        Staffing: {
            /**
             * Format: int32
             * @description Agents at work.
             */
            agents: number;
            /** @description `HH:MM`. */
            from: string;
            /** @description `HH:MM`, or `24:00`. */
            to: string;
        };
        /** @description What came of a step. */
        StepRow: {
            /**
             * Format: int32
             * @description The code of the refusal: that of the booking.
             * @example 40010
             */
            code?: number;
            /** @description What was looked at: a text or an object. */
            detail?: unknown;
            /** @description Its words. */
            message?: string;
            /**
             * @description `passed`; `refused`, at one step at the most; `skipped`: not looked at, because the booking ended before or does
             *     not need it.
             * @example refused
             */
            outcome: string;
            /**
             * @description Which one.
             * @example hours
             */
            step: string;
        };
        /** @description One row of a callback's history. */
        TimelineEvent: {
            /**
             * Format: date-time
             * @description When.
             */
            at: string;
            /**
             * Format: int32
             * @description The attempt concerned.
             */
            attempt?: number;
            /** @description Who. */
            by: components["schemas"]["By"];
            /** @description The state before; absent for the booking itself. */
            from?: string;
            /** @description A remark, such as a dial result or the new time. */
            note?: string;
            /** @description How it ended. */
            reason?: string;
            /**
             * Format: int64
             * @description The revision that it led to.
             */
            revision: number;
            /** @description The state after. */
            to: string;
            /**
             * @description What, such as `BOOKED` or `COMPLETED`.
             * @example BOOKED
             */
            what: string;
        };
        /** @description A number to be tried on a rule. */
        Trial: {
            /** @description The country of a number without one. Absent: `US`. */
            defaultCountry?: string;
            /** @description The number as a customer types it. */
            number: string;
            /** @description The queue whose rule is tried. */
            queue?: string;
            rule?: components["schemas"]["NumberRule"];
            /**
             * Format: uuid
             * @description A rule that stands.
             */
            ruleId?: string;
        };
        /** @description What a rule says of a number. */
        Tried: {
            /** @description Its country, where one owns it. */
            country?: string;
            /** @description The number as it would be kept. */
            e164?: string;
            /** @description The pattern that blocks it. */
            pattern?: string;
            /** @description `permitted`, `blocked`, `country`, `impossible` or `premium`. */
            verdict: string;
        };
        /** @description What would become of a booking. */
        Verdict: {
            /** @description Whether it would be made. */
            accepted: boolean;
            /**
             * @description Free slots near the desired time by their start, with the places left; where another time would help.
             * @example {
             *       "2026-01-06T15:30:00.000Z": 4
             *     }
             */
            slots?: {
                [key: string]: number;
            };
            /**
             * @description What came of each step, in this order: `service`, `kind`, `number`, `numberRule`, `time`, `hours`, `duplicates`,
             *     `throttle`, `capacity`.
             */
            steps: components["schemas"]["StepRow"][];
        };
        /** @description A webhook as it stands. */
        Webhook: {
            /**
             * Format: date-time
             * @description When it was made.
             */
            createdTime: string;
            /** @description What its owner says of it. */
            description?: string;
            /** @description The states whose beginning it hears of; `*` alone is every one. */
            events: string[];
            /**
             * Format: uuid
             * @description Its id.
             */
            id: string;
            /**
             * Format: date-time
             * @description When it was last called.
             */
            lastDeliveryTime?: string;
            /**
             * Format: int32
             * @description The status of the last answer; absent where there was none.
             */
            lastStatus?: number;
            /**
             * Format: int64
             * @description Messages that wait.
             */
            pending: number;
            /** @description Why it is disabled. */
            reason?: string;
            /**
             * Format: int64
             * @description The revision, for `If-Match`.
             */
            revision: number;
            /** @description The secret that signs its messages; shown once, when it is made. */
            secret?: string;
            /** @description The services whose callbacks it hears of; empty is every one. */
            services: string[];
            /** @description `enabled`, `failing` (enabled, and its last call failed) or `disabled`. */
            state: string;
            /**
             * @description Where it is called.
             * @example https://example.com/hooks/callbacks
             */
            url: string;
        };
        /** @description A tenant's webhooks. */
        WebhookList: {
            /** @description In the order in which they were made. */
            webhooks: components["schemas"]["Webhook"][];
        };
        /** @description A secret, shown once. */
        WebhookSecret: {
            /** @description The secret: `whsec_` and 32 bytes in base64. */
            secret: string;
        };
        /** @description How a trial went. */
        WebhookTrial: {
            /** @description What became of it, for people. */
            message: string;
            /**
             * Format: int32
             * @description How long it took, in milliseconds.
             */
            ms: number;
            /** @description Whether it answered with 2xx. */
            ok: boolean;
            /**
             * Format: int32
             * @description The status of its answer.
             */
            status?: number;
        };
        /** @description What a webhook is to be. */
        WebhookWanted: {
            /** @description What you say of it, up to 200 characters. */
            description?: string;
            /** @description Whether it is called; absent leaves it as it is. */
            enabled?: boolean;
            /** @description The states whose beginning it hears of: `SCHEDULED`, `QUEUED`, `ROUTING`, `PROCESSING`, `COMPLETED`; `*` or nothing is every one. */
            events?: string[];
            /** @description The services whose callbacks it hears of; nothing is every one. */
            services?: string[];
            /** @description Where it is called: `https://`, public, without a password. */
            url: string;
        };
        /** @description The hours of each day of the week. */
        WeekDocument: {
            /** @description Friday. */
            fri?: components["schemas"]["IntervalDocument"][];
            /** @description Monday. */
            mon?: components["schemas"]["IntervalDocument"][];
            /** @description Saturday. */
            sat?: components["schemas"]["IntervalDocument"][];
            /** @description Sunday. */
            sun?: components["schemas"]["IntervalDocument"][];
            /** @description Thursday. */
            thu?: components["schemas"]["IntervalDocument"][];
            /** @description Tuesday. */
            tue?: components["schemas"]["IntervalDocument"][];
            /** @description Wednesday. */
            wed?: components["schemas"]["IntervalDocument"][];
        };
    };
    responses: never;
    parameters: never;
    requestBodies: never;
    headers: never;
    pathItems: never;
}
export type AboutUs = components['schemas']['AboutUs'];
export type Again = components['schemas']['Again'];
export type AllHours = components['schemas']['AllHours'];
export type Assignment = components['schemas']['Assignment'];
export type Assignments = components['schemas']['Assignments'];
export type AttemptRow = components['schemas']['AttemptRow'];
export type AuditLine = components['schemas']['AuditLine'];
export type AuditLog = components['schemas']['AuditLog'];
export type Board = components['schemas']['Board'];
export type BoardAgents = components['schemas']['BoardAgents'];
export type BoardBand = components['schemas']['BoardBand'];
export type BoardCoverage = components['schemas']['BoardCoverage'];
export type BoardOffer = components['schemas']['BoardOffer'];
export type BoardPoint = components['schemas']['BoardPoint'];
export type BoardPromise = components['schemas']['BoardPromise'];
export type BoardRow = components['schemas']['BoardRow'];
export type BookedByHand = components['schemas']['BookedByHand'];
export type BookingToCheck = components['schemas']['BookingToCheck'];
export type Bulk = components['schemas']['Bulk'];
export type BulkFilter = components['schemas']['BulkFilter'];
export type BulkList = components['schemas']['BulkList'];
export type BulkPreview = components['schemas']['BulkPreview'];
export type BulkQuestion = components['schemas']['BulkQuestion'];
export type BulkResult = components['schemas']['BulkResult'];
export type BulkResults = components['schemas']['BulkResults'];
export type BulkWanted = components['schemas']['BulkWanted'];
export type By = components['schemas']['By'];
export type CallInGroup = components['schemas']['CallInGroup'];
export type CallInRow = components['schemas']['CallInRow'];
export type CallInRows = components['schemas']['CallInRows'];
export type CallLoad = components['schemas']['CallLoad'];
export type CalledOff = components['schemas']['CalledOff'];
export type ChangeAhead = components['schemas']['ChangeAhead'];
export type Correction = components['schemas']['Correction'];
export type Counted = components['schemas']['Counted'];
export type CoverageDay = components['schemas']['CoverageDay'];
export type DayAhead = components['schemas']['DayAhead'];
export type DayToPlan = components['schemas']['DayToPlan'];
export type DaysAhead = components['schemas']['DaysAhead'];
export type Delivery = components['schemas']['Delivery'];
export type DeliveryPage = components['schemas']['DeliveryPage'];
export type Detail = components['schemas']['Detail'];
export type Device = components['schemas']['Device'];
export type Diagnosed = components['schemas']['Diagnosed'];
export type DialRow = components['schemas']['DialRow'];
export type DiffLine = components['schemas']['DiffLine'];
export type DossierDocument = components['schemas']['DossierDocument'];
export type EditHours = components['schemas']['EditHours'];
export type EditService = components['schemas']['EditService'];
export type EditedNumberRule = components['schemas']['EditedNumberRule'];
export type EditedRegionRule = components['schemas']['EditedRegionRule'];
export type EditedRule = components['schemas']['EditedRule'];
export type EffectDocument = components['schemas']['EffectDocument'];
export type Emergency = components['schemas']['Emergency'];
export type ErasedDocument = components['schemas']['ErasedDocument'];
export type Farewell = components['schemas']['Farewell'];
export type Forget = components['schemas']['Forget'];
export type ForgottenDocument = components['schemas']['ForgottenDocument'];
export type Groups = components['schemas']['Groups'];
export type HoursAhead = components['schemas']['HoursAhead'];
export type HoursDocument = components['schemas']['HoursDocument'];
export type IntervalDocument = components['schemas']['IntervalDocument'];
export type Key = components['schemas']['Key'];
export type Keys = components['schemas']['Keys'];
export type KnownGroup = components['schemas']['KnownGroup'];
export type KnownHours = components['schemas']['KnownHours'];
export type KnownNumberRule = components['schemas']['KnownNumberRule'];
export type KnownNumberRules = components['schemas']['KnownNumberRules'];
export type KnownRegion = components['schemas']['KnownRegion'];
export type KnownRegionRule = components['schemas']['KnownRegionRule'];
export type KnownRegionRules = components['schemas']['KnownRegionRules'];
export type KnownRule = components['schemas']['KnownRule'];
export type KnownRules = components['schemas']['KnownRules'];
export type LookAhead = components['schemas']['LookAhead'];
export type MadeKey = components['schemas']['MadeKey'];
export type MakeKey = components['schemas']['MakeKey'];
export type Me = components['schemas']['Me'];
export type MyLines = components['schemas']['MyLines'];
export type MyTenant = components['schemas']['MyTenant'];
export type Neighbour = components['schemas']['Neighbour'];
export type NewGroup = components['schemas']['NewGroup'];
export type NewTime = components['schemas']['NewTime'];
export type Nodes = components['schemas']['Nodes'];
export type Nothing = components['schemas']['Nothing'];
export type NoticeDocument = components['schemas']['NoticeDocument'];
export type NumberRule = components['schemas']['NumberRule'];
export type OneService = components['schemas']['OneService'];
export type OpeningAhead = components['schemas']['OpeningAhead'];
export type OtherLength = components['schemas']['OtherLength'];
export type OverbookedSlot = components['schemas']['OverbookedSlot'];
export type Owner = components['schemas']['Owner'];
export type PlanOfDay = components['schemas']['PlanOfDay'];
export type PlannedSlot = components['schemas']['PlannedSlot'];
export type PriorityDocument = components['schemas']['PriorityDocument'];
export type PromiseBin = components['schemas']['PromiseBin'];
export type PromiseDay = components['schemas']['PromiseDay'];
export type PromiseDays = components['schemas']['PromiseDays'];
export type PushTarget = components['schemas']['PushTarget'];
export type QueueCoverage = components['schemas']['QueueCoverage'];
export type ReadRule = components['schemas']['ReadRule'];
export type Refetched = components['schemas']['Refetched'];
export type RegionRule = components['schemas']['RegionRule'];
export type RevisionDiff = components['schemas']['RevisionDiff'];
export type RevisionRow = components['schemas']['RevisionRow'];
export type Revisions = components['schemas']['Revisions'];
export type Row = components['schemas']['Row'];
export type Rows = components['schemas']['Rows'];
export type RuleDocument = components['schemas']['RuleDocument'];
export type ServiceDocument = components['schemas']['ServiceDocument'];
export type ServiceList = components['schemas']['ServiceList'];
export type ServiceRow = components['schemas']['ServiceRow'];
export type SetCaptcha = components['schemas']['SetCaptcha'];
export type SignInDoor = components['schemas']['SignInDoor'];
export type SignInForm = components['schemas']['SignInForm'];
export type SlotAhead = components['schemas']['SlotAhead'];
export type SlotList = components['schemas']['SlotList'];
export type SlotRow = components['schemas']['SlotRow'];
export type SlotsAhead = components['schemas']['SlotsAhead'];
export type SpecialDayDocument = components['schemas']['SpecialDayDocument'];
export type Spelled = components['schemas']['Spelled'];
export type Staffing = components['schemas']['Staffing'];
export type StepRow = components['schemas']['StepRow'];
export type TimelineEvent = components['schemas']['TimelineEvent'];
export type Trial = components['schemas']['Trial'];
export type Tried = components['schemas']['Tried'];
export type Verdict = components['schemas']['Verdict'];
export type Webhook = components['schemas']['Webhook'];
export type WebhookList = components['schemas']['WebhookList'];
export type WebhookSecret = components['schemas']['WebhookSecret'];
export type WebhookTrial = components['schemas']['WebhookTrial'];
export type WebhookWanted = components['schemas']['WebhookWanted'];
export type WeekDocument = components['schemas']['WeekDocument'];
export type $defs = Record<string, never>;
export type operations = Record<string, never>;
