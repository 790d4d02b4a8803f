from trackstack.stacks.component import TrackingInstance as TrackingInstance
from trackstack.stacks.spec import InstanceSpec as InstanceSpec

__version__: str
