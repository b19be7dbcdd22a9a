// Where short news appear. Apart, so that it is loaded after the first screen.
import "@mantine/notifications/styles.css";
import { Notifications } from "@mantine/notifications";

export default function News() {
  return <Notifications position="bottom-right" limit={4} autoClose={6_000} />;
}
