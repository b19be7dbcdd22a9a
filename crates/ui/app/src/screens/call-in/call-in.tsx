// The addresses below `call-in`: what was given out, the groups, and one group.
import { Badge, Button, TextInput } from "@mantine/core";
import { IconCheck, IconClockX, IconHourglass, IconPhoneIncoming, IconPlus } from "@tabler/icons-react";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { Link, Navigate, Route, Routes } from "react-router";
import { useMay } from "@/api/session";
import classes from "@/editing/editing.module.css";
import { FilterChoice, FilterLine } from "@/editing/filter-line";
import { Paged } from "@/editing/paged";
import { Rows } from "@/editing/rows";
import { Sections } from "@/editing/sections";
import { sinceDay, untilDay, useFilter } from "@/editing/use-filter";
import { useFormat } from "@/parts/format";
import { Guarded } from "@/parts/guarded";
import { Page, Panel } from "@/parts/page";
import { Answer, Empty } from "@/parts/states";
import { When } from "@/parts/when";
import { type CallIn, type Group, type RequestState, groupsQuery, requestsQuery } from "./api";
import GroupEditor from "./group";

export default function CallIns() {
  const may = useMay();
  return (
    <Routes>
      <Route index element={may("ges.callin.view") ? <Records /> : <Navigate to="/call-in/groups" replace />} />
      <Route path="groups" element={<Groups />} />
      <Route path="groups/new" element={<GroupEditor />} />
      <Route path="groups/named/:name" element={<GroupEditor />} />
    </Routes>
  );
}

function Frame({ actions, children }: { actions?: ReactNode; children: ReactNode }) {
  const { t } = useTranslation("call-in");
  const may = useMay();
  return (
    <Page
      title={t("title")}
      lead={t("lead")}
      actions={actions}
      bar={
        <Sections
          label={t("title")}
          of={[
            may("ges.callin.view") && { to: "/call-in", label: t("sections.records") },
            may("ges.callin.groups.view") && { to: "/call-in/groups", label: t("sections.groups") },
          ]}
        />
      }
    >
      {children}
    </Page>
  );
}

const LOOKS = {
  live: { color: "blue", icon: IconHourglass },
  matched: { color: "green", icon: IconCheck },
  expired: { color: "gray", icon: IconClockX },
} as const;

function State({ state }: { state: RequestState }) {
  const { t } = useTranslation("call-in");
  const { color, icon: Icon } = LOOKS[state];
  return (
    <Badge color={color} leftSection={<Icon size={12} />}>
      {t(`states.${state}`)}
    </Badge>
  );
}

function Records() {
  const { t } = useTranslation(["call-in", "editing"]);
  const { list } = useFormat();
  const may = useMay();
  const filter = useFilter(["group", "phone", "state", "from", "to"]);
  const { group, phone, state, from, to } = filter.values;
  const groups = useQuery({ ...groupsQuery, enabled: may("ges.callin.groups.view") });
  const requests = useInfiniteQuery(
    requestsQuery({ group, phone: phone.replace(/[^\d+]/g, ""), state, from: sinceDay(from), to: untilDay(to) }),
  );
  const names = groups.data?.groups.map((one) => one.name) ?? [];
  const by = (one: CallIn) =>
    list((one.matchedBy ?? []).map((what) => t(`matchedBy.${what}`, { defaultValue: what })));
  return (
    <Frame>
      <FilterLine filter={filter}>
        {names.length > 0 ? (
          <FilterChoice
            label={t("group")}
            data={names}
            value={group}
            onChange={(value) => filter.put({ group: value })}
            searchable
            w={180}
          />
        ) : (
          <TextInput
            label={t("group")}
            value={group}
            onChange={(event) => filter.put({ group: event.currentTarget.value })}
            w={180}
          />
        )}
        <TextInput
          label={t("phone")}
          value={phone}
          onChange={(event) => filter.put({ phone: event.currentTarget.value })}
          type="tel"
          placeholder="+1 212 555 0142"
          w={180}
        />
        <FilterChoice
          label={t("state")}
          data={(["live", "matched", "expired"] as const).map((value) => ({ value, label: t(`states.${value}`) }))}
          value={state}
          onChange={(value) => filter.put({ state: value })}
          w={150}
        />
      </FilterLine>
      <Panel flush>
        <Paged
          query={requests}
          rows={(page) => page.requests}
          empty={
            <Empty
              icon={<IconPhoneIncoming size={28} />}
              title={filter.used ? t("editing:filter.none") : t("none")}
              text={filter.used ? t("editing:filter.noneText") : t("noneText")}
            />
          }
        >
          {(rows) => (
            <Rows<CallIn>
              label={t("sections.records")}
              rows={rows}
              rowKey={(one) => one.id}
              columns={[
                { key: "created", label: t("created"), head: true, cell: (one) => <When at={one.createdTime} /> },
                { key: "group", label: t("group"), cell: (one) => one.group },
                { key: "state", label: t("state"), cell: (one) => <State state={one.state} /> },
                { key: "phone", label: t("phone"), cell: (one) => one.phoneNumber ?? "–" },
                { key: "dnis", label: t("dnis"), cell: (one) => one.dnis },
                {
                  key: "code",
                  label: t("code"),
                  cell: (one) => (one.accessCode === undefined ? "–" : <span className={classes["code"]}>{one.accessCode}</span>),
                },
                {
                  key: "ends",
                  label: t("ends"),
                  cell: (one) =>
                    one.matchedTime ? (
                      <>
                        <When at={one.matchedTime} /> {by(one) && `(${by(one)})`}
                      </>
                    ) : (
                      <When at={one.expirationTime} />
                    ),
                },
                {
                  key: "callback",
                  label: t("callback"),
                  cell: (one) =>
                    one.callbackId ? <Link to={`/callbacks/${one.callbackId}`}>{one.callbackId.slice(0, 8)}</Link> : "–",
                },
              ]}
            />
          )}
        </Paged>
      </Panel>
    </Frame>
  );
}

function Groups() {
  const { t } = useTranslation(["call-in", "editing"]);
  const format = useFormat();
  const groups = useQuery(groupsQuery);
  return (
    <Frame
      actions={
        <Guarded needs="ges.callin.groups.edit">
          <Button component={Link} to="/call-in/groups/new" leftSection={<IconPlus size={16} />}>
            {t("new")}
          </Button>
        </Guarded>
      }
    >
      <Answer query={groups}>
        {(data) => (
          <Panel flush>
            {data.groups.length === 0 ? (
              <Empty icon={<IconPhoneIncoming size={28} />} title={t("noGroups")} text={t("noGroupsText")} />
            ) : (
              <Rows<Group>
                label={t("sections.groups")}
                rows={data.groups}
                rowKey={(group) => group.name}
                columns={[
                  {
                    key: "name",
                    label: t("editing:name"),
                    head: true,
                    cell: (group) => (
                      <Link to={`/call-in/groups/named/${encodeURIComponent(group.name)}`}>{group.name}</Link>
                    ),
                  },
                  { key: "numbers", label: t("numbers"), cell: (group) => group.numbers.join(", ") },
                  {
                    key: "code",
                    label: t("code"),
                    cell: (group) => (group.provideCode ? t("digits", { n: format.number(group.codeDigits) }) : t("noCode")),
                  },
                  { key: "ttl", label: t("ttl"), cell: (group) => format.duration(group.ttlSeconds) },
                  { key: "allocation", label: t("allocation"), cell: (group) => t(`allocations.${group.allocation}`) },
                  { key: "live", label: t("liveNow"), num: true, cell: (group) => format.number(group.live) },
                ]}
              />
            )}
          </Panel>
        )}
      </Answer>
    </Frame>
  );
}
