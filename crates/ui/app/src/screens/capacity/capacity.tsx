// The addresses below `capacity`: the rules, one rule, and how full the slots are.
import { Route, Routes } from "react-router";
import Editor from "./editor";
import { Load } from "./load";
import { RuleList } from "./rule-list";

export default function Capacity() {
  return (
    <Routes>
      <Route index element={<RuleList />} />
      <Route path="load" element={<Load />} />
      <Route path="rules/:id/*" element={<Editor />} />
    </Routes>
  );
}
