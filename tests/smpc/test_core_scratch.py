import torch, pytest
from course.smpc import ring
from course.smpc.dealer import Dealer
from course.smpc.parties import Parties
from course.smpc.products import multiply, matmul, conv2d, square
from course.smpc.randomness import SeededForTests, Randomness
from course.smpc.shares import split, total
from course.smpc.truncation import divide
import torch.nn.functional as F

NAMES=["alice","bob","claire","dora","eve"]
@pytest.fixture(params=[2,3,5])
def parties(request): return Parties(NAMES[:request.param], Dealer(request.param, SeededForTests(1)))
def sh(p,x): return split(x,len(p),SeededForTests(3))
def rnd(*s): return SeededForTests(4).uniform(s)
def test_mul(parties):
    x,y=rnd(4,5),rnd(3,4,5)[1:]
    assert torch.equal(total(multiply(parties,sh(parties,x),sh(parties,y))),x*y)
    assert torch.equal(total(square(parties,sh(parties,x))),x*x)
def test_matmul(parties):
    x,y=rnd(4,5),rnd(5,3)
    assert torch.equal(total(matmul(parties,sh(parties,x),sh(parties,y))),x@y)
    x,y=rnd(2,4,5),rnd(5,3)
    assert torch.equal(total(matmul(parties,sh(parties,x),sh(parties,y))),x@y)
def test_conv(parties):
    x,w=torch.randint(-99,99,(2,3,8,8)),torch.randint(-99,99,(4,3,3,3))
    assert torch.equal(total(conv2d(parties,sh(parties,x),sh(parties,w),2,1)),F.conv2d(x.double(),w.double(),stride=2,padding=1).long())
@pytest.mark.parametrize("d",[2,3,10,1000,2**16,2**20,10**10, 2**40])
def test_div(parties,d):
    x=torch.cat([rnd(2000)>>1, rnd(2000)>>2, rnd(2000)>>30, torch.tensor([0,1,-1,2**61,-2**61,2**62-1,-2**62])]); x=x[(x<2**62)&(x>=-2**62)]
    got=total(divide(parties,sh(parties,x),d))
    import numpy as np
    want=[int(v)/d if d>2**12 else None for v in x]
    from fractions import Fraction
    worst=max(abs(Fraction(int(v),d)-int(g)) for v,g in zip(x,got))
    print(d, float(worst)); assert worst<=1
from course.smpc.comparison import negative, relu
def test_sign(parties):
    x=torch.cat([rnd(3000),rnd(1000)>>40,torch.tensor([0,1,-1,2**63-1,-2**63,5])]).view(2,-1)
    assert torch.equal(total(negative(parties,sh(parties,x))),(x<0).long())
    assert torch.equal(total(relu(parties,sh(parties,x))),x.clamp(min=0))
    print(parties.openings[-8:], parties.dealer.bytes)
def test_chunks():
    p=Parties(NAMES[:2]); x=rnd(100000)
    assert torch.equal(total(relu(p,sh(p,x))),x.clamp(min=0)); print(p.openings)
from course.smpc.bits import to_bits, highest, from_bits
from course.smpc.shares import exclusive
def test_bits(parties):
    x=torch.cat([rnd(3000),rnd(1000)>>40,torch.tensor([0,1,-1,2**63-1,-2**63,5])])
    b=to_bits(parties,sh(parties,x)); assert torch.equal(exclusive(b),x)
    h=highest(parties,b); want=torch.tensor([0 if v==0 else ((1<<((v%2**64).bit_length()-1))+2**63)%2**64-2**63 for v in x.tolist()])
    assert torch.equal(exclusive(h),want)
    a,=from_bits(parties,b,[{j:((1<<j)+2**63)%2**64-2**63 for j in range(64)}]); assert torch.equal(total(a),x)
