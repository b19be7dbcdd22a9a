// What the contact centre of the journeys offers, and what has happened in it: services as Designer publishes them, rules
// and setup as an administrator makes them, callbacks in every state.

/** Opens from nine to five in New York, on weekdays; has agents. */
export const SALES = "CB_Sales";
/** Is always open; has agents. */
export const SUPPORT = "CB_Support";
/** Is always open; nobody works in its queue, so that what is booked there stays. */
export const CLAIMS = "CB_Claims";
/** Was made here instead of by Designer. */
export const BILLING = "CB_Billing";
/** Holds as many as one likes. */
export const CROWD = "CB_Crowd";

const QUEUE = (service) => `${service}_VQ`;
const day = [{ start: "09:00", end: "17:00" }];

const settings = (name, own = {}) => ({
  name,
  virtualQueue: QUEUE(name),
  scxmlUrl: `https://designer.example/${name}/main.scxml`,
  callDirection: "USERTERMINATED",
  routePoint: "9100",
  immediateCallbackEnabled: true,
  timezone: "America/New_York",
  slotMinutes: 30,
  capacityPerSlot: 12,
  duplicatePolicy: "allow",
  ...own,
});

const publication = (revision, services) => ({
  table: "CALLBACK_SETTINGS",
  revision,
  mode: "full",
  publishedAt: new Date().toISOString(),
  publishedBy: "Designer",
  services,
  removed: [],
  businessHours: [
    {
      name: "BH_Sales",
      timezone: "America/New_York",
      week: { mon: day, tue: day, wed: day, thu: day, fri: day },
      specialDays: [{ name: "New Year", date: "2027-01-01", recursYearly: true, hours: [] }],
    },
  ],
});

/** The 30-minute mark so many hours from now. */
export const inHours = (hours) => new Date(Math.ceil((Date.now() + hours * 3_600_000) / 1_800_000) * 1_800_000).toISOString();

let numbers = 100;
/** A telephone number that nobody else has. */
export const newNumber = () => {
  numbers += 1;
  const area = ["212", "312", "415", "617"][numbers % 4];
  return `+1${area}${200 + (Math.floor(numbers / 10_000) % 300)}${String(numbers % 10_000).padStart(4, "0")}`;
};

/** Books as a customer does. */
export async function book(stage, serviceName, more = {}) {
  const phoneNumber = more.phoneNumber ?? newNumber();
  const userData = { customerId: `C-${phoneNumber.slice(-4)}`, topic: ["Invoice", "Delivery", "Contract"][numbers % 3] };
  const { id } = await stage.publicly("callbacks/create", { serviceName, userData, ...more, phoneNumber });
  return { id, phoneNumber };
}

/** Many bookings, some at once. */
export async function bookMany(stage, serviceName, count, more) {
  let next = 0;
  const worker = async () => {
    while (next < count) {
      const index = next;
      next += 1;
      await book(stage, serviceName, more(index));
    }
  };
  await Promise.all(Array.from({ length: 12 }, worker));
}

async function rules(admin) {
  const made = async (path, rule, queues) => {
    const { revision } = await admin.get(path);
    const answer = await admin.post(path, rule, { "if-match": `"${revision}"` });
    const assignments = Object.fromEntries(queues.map((queue) => [queue, answer.rule.id]));
    if (queues.length > 0) await admin.put(`${path}/assignments`, { assignments }, answer.revision);
    return answer.rule.id;
  };
  const steps = (start, ...places) => Object.fromEntries(places.map((value, at) => [`${String(start + at).padStart(2, "0")}00`, value]));
  return {
    weekdays: await made(
      "capacity-rules",
      {
        name: "Sales, weekdays",
        slotMinutes: 30,
        week: { "mon-thu": steps(9, 3, 4, 4, 2, 3, 5, 5, 4, 0), fri: steps(9, 2, 2, 2, 2, 0) },
        exceptions: { "2026-12-24": steps(9, 2, 2, 1, 0), "2026-12-25": { "0000": 0 } },
      },
      [QUEUE(SALES)],
    ),
    clock: await made(
      "capacity-rules",
      { name: "Around the clock", slotMinutes: 60, week: { "mon-sun": { "0000": 4, "0700": 12, "1000": 20, "1800": 12, "2200": 4 } } },
      [QUEUE(SUPPORT)],
    ),
    north: await made("number-rules", { name: "North America", countries: ["US", "CA"], blocked: ["+1646*", "/^\\+1976/"] }, [
      QUEUE(SALES),
      QUEUE(SUPPORT),
    ]),
    europe: await made("number-rules", { name: "Europe", countries: ["DE", "FR", "ES", "GB"], blocked: ["+49900*"] }, []),
    east: await made("region-rules", { name: "East first", regions: ["us-east", "us-west"] }, [QUEUE(SALES)]),
  };
}

/** Callbacks over the days to come, some that are on their way, some that have ended. */
async function callbacks(stage, supervisor) {
  await bookMany(stage, SUPPORT, 60, (index) => ({ desiredTime: inHours(1 + index * 1.5) }));
  // Some whose time comes while journeys go on: their customers are reached.
  await bookMany(stage, SUPPORT, 3, () => ({ desiredTime: new Date(Date.now() + 90_000).toISOString() }));
  await bookMany(stage, CLAIMS, 40, (index) => ({ desiredTime: inHours(2 + index) }));
  await bookMany(stage, SUPPORT, 40, () => ({}));
  // Nobody takes calls of that queue: these fail.
  await bookMany(stage, CLAIMS, 4, () => ({}));
  const { callbacks: claims } = await supervisor.get(`callbacks?service=${CLAIMS}&state=SCHEDULED&order=-desired&limit=3`);
  for (const { id } of claims) await supervisor.post(`callbacks/${id}/cancel`, { note: "The customer wrote instead" });
}

/** Everything of the above; gives the ids that journeys ask for. */
export async function sow(stage) {
  const admin = await stage.as("administrator");
  const supervisor = await stage.as("supervisor");
  const sales = settings(SALES, { businessHours: "BH_Sales", capacityPerSlot: 4 });
  const crowd = settings(CROWD, { capacityPerSlot: 100_000, maxQueued: 1_000_000, maxBookingsPerTenMinutes: 1_000_000_000, maxDaysAhead: 30 });
  const services = [sales, settings(SUPPORT, { maxDaysAhead: 20, minLeadMinutes: 1 }), settings(CLAIMS), crowd];
  await stage.internally("callback-settings", publication(1, services.map((one) => ({ ...one, ringTimeoutSeconds: 45 }))));
  await stage.internally("callback-settings", publication(2, services));
  const { name: _, ...billing } = settings(BILLING, { businessHours: "office_hours" });
  const office = { name: "office_hours", timezone: "Europe/Berlin", week: { mon: day, tue: day, wed: day, thu: day, fri: day, sat: [{ start: "10:00", end: "13:00" }] } };
  await admin.put("office-hours/office_hours", { document: office }, (await admin.get("office-hours")).revision);
  await admin.put(`services/${BILLING}`, { settings: billing }, (await admin.get("services")).revision);
  const ids = await rules(admin);
  await admin.post("call-in/groups", { name: "technical_help", numbers: ["+19059680004", "+19059680005"], codeDigits: 6 });
  await admin.post("call-in/groups", { name: "kiosk", numbers: ["+19059680010"], allocation: "exclusive" });
  for (let n = 0; n < 3; n += 1) await stage.publicly("call-in/requests/create", { groupName: "technical_help", fromPhoneNumber: newNumber() });
  const hook = await admin.post("webhooks", { url: `${stage.neighbours.listener}/hooks`, description: "Data warehouse", events: ["*"], services: [] });
  await callbacks(stage, supervisor);
  // Those were heard out first: from now on the router says that nobody is there.
  await stage.turn("urs", `queues/${QUEUE(CLAIMS)}`, { ewt: -1, calls: 0 });
  return { ...ids, hook: hook.id };
}

