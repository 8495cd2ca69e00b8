"""The values for Kubernetes: valid for the chart, rendered by it, closed as the compose files. No cluster ran them."""

from __future__ import annotations

import json
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
import yaml

from sale_inspect._errors import MissingRequirementError
from sale_inspect._inspect.tasks._sandboxes import coding_sandbox, compose_file, search_sandbox

NAMES = ("coding", "search")
needs_chart = pytest.mark.skipif(find_spec("k8s_sandbox") is None, reason="pip install 'sale-inspect[k8s]'")


def chart() -> Path:
    spec = find_spec("k8s_sandbox")
    assert spec is not None and spec.origin is not None
    return Path(spec.origin).parent / "resources" / "helm" / "agent-env"


def values(name: str) -> dict[str, Any]:
    read: dict[str, Any] = yaml.safe_load(compose_file(name).with_name("values.yaml").read_text(encoding="utf-8"))
    return read


def merged(base: Any, over: Any) -> Any:
    """As Helm lays values over a chart's own."""
    if isinstance(base, dict) and isinstance(over, dict):
        return {**base, **{name: merged(base.get(name), value) for name, value in over.items()}}
    return over


def rendered(name: str) -> list[dict[str, Any]]:
    helm = pytest.importorskip("helm_python", reason="pip install helm-python-sdk: it renders the chart")
    manifests = helm.Chart.load(str(chart())).render(values(name), name="sample", namespace="evals")
    return [each for text in manifests.values() for each in yaml.safe_load_all(text) if each]


@needs_chart
@pytest.mark.parametrize("name", NAMES)
def test_the_values_are_valid_for_the_chart(name: str) -> None:
    from jsonschema import Draft7Validator

    schema = json.loads((chart() / "values.schema.json").read_text(encoding="utf-8"))
    own = yaml.safe_load((chart() / "values.yaml").read_text(encoding="utf-8"))
    assert not list(Draft7Validator(schema).iter_errors(merged(own, values(name))))
    # The schema does look: a field that it does not know is refused.
    wrong = merged(own, {"services": {"default": {"privileged": True}}})
    assert list(Draft7Validator(schema).iter_errors(wrong))


@needs_chart
@pytest.mark.parametrize("name", NAMES)
def test_the_pod_is_as_closed_as_the_container(name: str) -> None:
    compose = yaml.safe_load(compose_file(name).read_text(encoding="utf-8"))["services"]["default"]
    made = rendered(name)
    (pod,) = (each["spec"]["template"]["spec"] for each in made if each["kind"] == "StatefulSet")
    own = next(each for each in pod["containers"] if each["name"] == "default")
    about = own["securityContext"]
    assert compose["read_only"] and about["readOnlyRootFilesystem"]
    assert compose["security_opt"] == ["no-new-privileges:true"] and about["allowPrivilegeEscalation"] is False
    assert compose["cap_drop"] == ["ALL"] == about["capabilities"]["drop"] and "add" not in about["capabilities"]
    assert about["runAsNonRoot"] and about["runAsUser"] == 1000 and not about["privileged"]
    assert about["seccompProfile"] == {"type": "RuntimeDefault"}
    limits = own["resources"]["limits"]
    assert compose["mem_limit"] == "1g" and limits["memory"] == "1Gi"
    assert compose["cpus"] == 1.0 and limits["cpu"] == "1" and limits["ephemeral-storage"] == "64Mi"
    assert own["command"] == compose["command"] and own["image"] == compose["image"]
    assert own["workingDir"] == compose["working_dir"]
    # What can be written is in memory, with the compose file's sizes; nothing of the node or the cluster is mounted.
    sizes = {each["name"]: each["emptyDir"] for each in pod["volumes"] if "emptyDir" in each}
    assert all(each["medium"] == "Memory" for each in sizes.values())
    places = {
        each["mountPath"]: sizes[each["name"]]["sizeLimit"] for each in own["volumeMounts"] if each["name"] in sizes
    }
    assert places == {"/workspace": "256Mi", "/tmp": "64Mi", "/dev/shm": "16Mi"}
    assert {*map(frozenset, pod["volumes"])} == {frozenset({"name", "emptyDir"}), frozenset({"name", "configMap"})}
    assert pod["automountServiceAccountToken"] is False and pod["enableServiceLinks"] is False
    assert not any(name in pod for name in ("hostNetwork", "hostPID", "hostIPC", "serviceAccountName"))


@needs_chart
@pytest.mark.parametrize("name", NAMES)
def test_the_pod_has_no_network(name: str) -> None:
    compose = yaml.safe_load(compose_file(name).read_text(encoding="utf-8"))["services"]["default"]
    made = rendered(name)
    assert compose["network_mode"] == "none"
    policies = [each["spec"] for each in made if each["kind"] == "CiliumNetworkPolicy"]
    assert [{"toEntities": ["all"]}] in [each.get("egressDeny") for each in policies]
    # Nothing may come in: no rule of ingress names a source, and there is one that therefore denies all.
    allowed = [rule for each in policies for rule in each.get("ingress") or [] if rule]
    assert not allowed and any("ingress" in each for each in policies)
    assert not any(each["kind"] in ("Service", "ServiceAccount", "PersistentVolumeClaim") for each in made)


@needs_chart
def test_both_domains_take_k8s_by_name() -> None:
    for name, sandbox in (("coding", coding_sandbox("k8s")), ("search", search_sandbox("k8s"))):
        assert sandbox.type == "k8s" and Path(str(sandbox.config)) == compose_file(name).with_name("values.yaml")
        from k8s_sandbox._sandbox_environment import _validate_and_resolve_k8s_sandbox_config

        resolved = _validate_and_resolve_k8s_sandbox_config(sandbox.config)
        assert resolved.values == Path(str(sandbox.config)) and resolved.compose_config is None


def test_without_the_package_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sale_inspect._inspect.tasks._sandboxes.find_spec", lambda _: None)
    with pytest.raises(MissingRequirementError, match=r"pip install 'sale-inspect\[k8s\]'"):
        coding_sandbox("k8s")
