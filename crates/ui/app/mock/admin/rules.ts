// What rules of every kind have in common: a revision, queues, and writes that may be late.
import { randomUUID } from "node:crypto";
import { type Asked, Refusal, type Router } from "../http.ts";

export interface Rule {
  id: string;
  name: string;
  revision: number;
}

export class RuleBook<R extends Rule> {
  revision = 40;
  rules: R[];
  of: Map<string, string>;

  constructor(rules: R[], of: Record<string, string>) {
    this.rules = rules;
    this.of = new Map(Object.entries(of));
  }

  queuesOf = (id: string) => [...this.of].filter(([, rule]) => rule === id).map(([queue]) => queue);
  shown = (rule: R) => ({ ...rule, queues: this.queuesOf(rule.id) });

  all(queues: readonly string[]) {
    return {
      rules: this.rules.map(this.shown),
      queues: queues.map((queue) => ({ queue, ...(this.of.has(queue) ? { ruleId: this.of.get(queue) } : {}) })),
      revision: this.revision,
    };
  }

  find(id: string | undefined): R {
    const found = this.rules.find((rule) => rule.id === id);
    if (!found) throw new Refusal(40400, "there is no such rule");
    return found;
  }

  /** Somebody who saw `seen` may write over what was changed in `revision` only if that was not later. */
  fresh(asked: Asked, rule: R) {
    if (asked.ifMatch === undefined) throw new Refusal(40001, "If-Match is missing");
    if (asked.ifMatch < rule.revision) throw new Refusal(40901, "changed meanwhile", { now: this.shown(rule) });
  }
}

const named = (body: { name?: unknown }) => {
  if (typeof body.name !== "string" || body.name.trim() === "") throw new Refusal(40001, "name is missing");
};

/** The writes that all kinds share. `read` takes what the kind itself has from a body. */
export function ruleRoutes<R extends Rule>(
  router: Router,
  path: string,
  book: RuleBook<R>,
  read: (body: Record<string, unknown>) => Omit<R, keyof Rule>,
  effect: (body: Record<string, unknown>) => object = () => ({}),
) {
  const dry = (asked: Asked) => asked.query.get("dryRun") === "true";
  router.on("PUT", `${path}/assignments`, (asked) => {
    if (dry(asked)) return effect(asked.body);
    book.revision += 1;
    for (const [queue, id] of Object.entries(asked.body.assignments as Record<string, string | null>)) {
      if (id === null) book.of.delete(queue);
      else book.of.set(queue, book.find(id).id);
    }
    return { ...effect(asked.body), revision: book.revision };
  });
  router.on("POST", path, (asked) => {
    named(asked.body);
    if (dry(asked)) return effect(asked.body);
    book.revision += 1;
    const rule = { id: randomUUID(), name: asked.body.name, revision: book.revision, ...read(asked.body) } as unknown as R;
    book.rules.push(rule);
    return { rule: book.shown(rule), ...effect(asked.body) };
  });
  router.on("PUT", `${path}/{id}`, (asked) => {
    const rule = book.find(asked.path["id"]);
    named(asked.body);
    book.fresh(asked, rule);
    if (dry(asked)) return effect(asked.body);
    book.revision += 1;
    Object.assign(rule, { name: asked.body.name, revision: book.revision }, read(asked.body));
    return { rule: book.shown(rule), ...effect(asked.body) };
  });
  router.on("DELETE", `${path}/{id}`, (asked) => {
    const rule = book.find(asked.path["id"]);
    book.fresh(asked, rule);
    const queues = book.queuesOf(rule.id);
    if (queues.length > 0 && asked.query.get("unassign") !== "true") throw new Refusal(40906, "queues still use the rule");
    for (const queue of queues) book.of.delete(queue);
    book.rules = book.rules.filter((one) => one !== rule);
    book.revision += 1;
    return {};
  });
}
